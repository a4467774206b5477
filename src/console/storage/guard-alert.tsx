import { Alert, App, Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { StorageBoard } from '#contact-center/retention/storage-schema.ts'
import { useChange } from '../accounts/account-api.ts'
import { request } from '../api/request.ts'
import { ReasonedChange } from '../calling/reasoned-change.tsx'
import { dateTime } from '../text/time.ts'

type Hold = NonNullable<StorageBoard['hold']>

/** Folder or clock are not as they were: nothing is removed before that is mended, or a person says that it is right. */
export function GuardAlert({ hold: { why, clockSeenAt, clockNow } }: { readonly hold: Hold }) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const [asking, setAsking] = useState(false)
  const what = why.startsWith('clock') ? 'clock' : 'folder'
  const confirming = useChange(
    (reason: string) => request('/api/storage/confirmation', { method: 'POST', body: { what, reason } }),
    ['storage'],
    {
      onSuccess: () => {
        setAsking(false)
        void message.success(t('storage.confirmed'))
      },
    },
  )
  const text = t(`storage.guardText.${what}`, { seen: dateTime(clockSeenAt), now: dateTime(clockNow) })
  return (
    <>
      <Alert
        type="error"
        showIcon
        role="alert"
        data-guard={why}
        title={t(`storage.guard.${why}`)}
        description={text}
        action={why !== 'folder_gone' && <Button onClick={() => setAsking(true)}>{t('storage.confirm')}</Button>}
      />
      {asking && (
        <ReasonedChange
          title={t(`storage.confirmTitle.${what}`)}
          okText={t('storage.confirmOk')}
          hint={t('storage.confirmHint')}
          sending={confirming}
          onReason={(reason) => confirming.mutate(reason)}
          onClose={() => setAsking(false)}
        >
          <p>{text}</p>
        </ReasonedChange>
      )}
    </>
  )
}
