import { Alert, App, Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { ReplayPart } from '#follow-up/calls/call-schema.ts'
import { useChange } from '../accounts/account-api.ts'
import { request } from '../api/request.ts'
import { useRight } from '../api/session.ts'
import { ReasonedChange } from '../calling/reasoned-change.tsx'
import { dateTime } from '../text/time.ts'

/** Whether a recording is kept from expiring, by whom and why; and to change that, for who reviews. */
export function RecordingHold({ part: { id, state, hold } }: { readonly part: ReplayPart }) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const may = useRight('recording.hold')
  const [asking, setAsking] = useState(false)
  const isHeld = hold !== null
  const change = useChange(
    (reason: string) =>
      request(`/api/recordings/${id}/hold${isHeld ? '/lift' : ''}`, { method: 'POST', body: { reason } }),
    ['replay'],
    {
      onSuccess: () => {
        setAsking(false)
        void message.success(t(isHeld ? 'calls.hold.lifted' : 'calls.hold.placed'))
      },
    },
  )
  if (!isHeld && (!may || !['verified', 'stored', 'damaged'].includes(state))) return null
  const button = may && (
    <Button size="small" onClick={() => setAsking(true)}>
      {t(isHeld ? 'calls.hold.lift' : 'calls.hold.place')}
    </Button>
  )
  return (
    <div className="recording-hold">
      {isHeld ? (
        <Alert
          type="info"
          showIcon
          data-held="true"
          title={t('calls.hold.held')}
          description={t('calls.hold.by', { by: hold.by, at: dateTime(hold.at), reason: hold.reason })}
          action={button}
        />
      ) : (
        button
      )}
      {asking && (
        <ReasonedChange
          title={t(isHeld ? 'calls.hold.liftTitle' : 'calls.hold.placeTitle')}
          okText={t(isHeld ? 'calls.hold.liftOk' : 'calls.hold.placeOk')}
          hint={t(isHeld ? 'calls.hold.liftHint' : 'calls.hold.placeHint')}
          sending={change}
          onReason={(reason) => change.mutate(reason)}
          onClose={() => setAsking(false)}
        />
      )}
    </div>
  )
}
