import { Alert, App, Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { StorageBoard } from '#contact-center/retention/storage-schema.ts'
import { useChange } from '../accounts/account-api.ts'
import { request } from '../api/request.ts'
import { ReasonedChange } from '../calling/reasoned-change.tsx'
import { dateTime } from '../text/time.ts'

type Hold = NonNullable<StorageBoard['hold']>
type Restored = NonNullable<StorageBoard['restored']>

/** Folder or clock are not as they were: nothing is removed before that is mended, or a person says that it is right. */
export function GuardAlert({ hold: { why, clockSeenAt, clockNow } }: { readonly hold: Hold }) {
  const { t } = useTranslation()
  const what = why.startsWith('clock') ? 'clock' : 'folder'
  return (
    <Confirmable
      what={what}
      why={why}
      title={t(`storage.guard.${why}`)}
      text={t(`storage.guardText.${what}`, { seen: dateTime(clockSeenAt), now: dateTime(clockNow) })}
      hint={t('storage.confirmHint')}
      mayConfirm={why !== 'folder_gone'}
    />
  )
}

/** The database does not know who has been called since: nobody is, before a person has said that it is the one. */
export function RestoredAlert({ restored: { why, since } }: { readonly restored: Restored }) {
  const { t } = useTranslation()
  return (
    <Confirmable
      what="database"
      why={why}
      title={t(`storage.restored.${why}`)}
      text={t(why === 'unreadable' ? 'storage.unreadableText' : 'storage.restoredText', { since: dateTime(since) })}
      hint={t('storage.restoredHint')}
      mayConfirm
    />
  )
}

interface ConfirmableProps {
  readonly what: 'folder' | 'clock' | 'database'
  readonly why: string
  readonly title: string
  readonly text: string
  /** What follows from it. */
  readonly hint: string
  readonly mayConfirm: boolean
}

function Confirmable({ what, why, title, text, hint, mayConfirm }: ConfirmableProps) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const [asking, setAsking] = useState(false)
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
  return (
    <>
      <Alert
        type="error"
        showIcon
        role="alert"
        data-guard={why}
        title={title}
        description={text}
        action={mayConfirm && <Button onClick={() => setAsking(true)}>{t('storage.confirm')}</Button>}
      />
      {asking && (
        <ReasonedChange
          title={t(`storage.confirmTitle.${what}`)}
          okText={t('storage.confirmOk')}
          hint={hint}
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
