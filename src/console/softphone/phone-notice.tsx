import { Alert, App, Button } from 'antd'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Trouble } from '../app/trouble.tsx'
import type { SeatPhone, SeatPhoneView } from './seat-phone.ts'

interface NoticeProps {
  readonly phone: SeatPhone
  readonly view: SeatPhoneView
}

/** What keeps this page from being the seat's, or the seat from its leg: what happened, and the way on. */
export function PhoneNotice({ phone, view }: NoticeProps) {
  const { t } = useTranslation()
  const { page, fault, link, error } = view
  if (page === 'elsewhere' || page === 'taken_over') return <HeldElsewhere phone={phone} page={page} />
  if (page === 'refused') return <Trouble error={error} onRetry={() => void phone.open()} />
  if (fault !== null) {
    const isLive = fault === 'microphone_lost'
    return (
      <Notice
        kind={fault}
        type="error"
        title={t(`phone.fault.${fault}`)}
        next={t(`phone.fault.${fault}Next`)}
        button={
          fault === 'microphone_insecure' ? null : (
            <Button onClick={() => void (isLive ? phone.takeMicrophone() : phone.tryNow())}>{t('phone.again')}</Button>
          )
        }
      />
    )
  }
  if (link === 'waiting') {
    return (
      <Notice
        kind="phone_gone"
        type="warning"
        title={t('phone.gone')}
        next={t('phone.goneNext')}
        button={<Button onClick={() => void phone.tryNow()}>{t('phone.now')}</Button>}
      />
    )
  }
  return null
}

/** Two windows never work one seat; the person says which of them does. */
function HeldElsewhere({ phone, page }: { readonly phone: SeatPhone; readonly page: 'elsewhere' | 'taken_over' }) {
  const { t } = useTranslation()
  const { modal } = App.useApp()
  const ask = () =>
    modal.confirm({
      title: t('phone.takeOverAsk'),
      content: t('phone.takeOverText'),
      okText: t('phone.takeOver'),
      cancelText: t('common.cancel'),
      onOk: () => phone.open({ takeOver: true }),
    })
  return (
    <Notice
      kind={page}
      type="warning"
      title={t(`phone.${page}`)}
      next={t(`phone.${page}Next`)}
      button={
        <Button type="primary" onClick={ask}>
          {t('phone.takeOver')}
        </Button>
      }
    />
  )
}

interface NoticeTexts {
  readonly kind: string
  readonly type: 'warning' | 'error'
  readonly title: string
  readonly next: string
  readonly button: ReactNode
}

function Notice({ kind, type, title, next, button }: NoticeTexts) {
  return (
    <Alert
      type={type}
      showIcon
      role="alert"
      className="phone-notice"
      data-phone-notice={kind}
      title={title}
      description={next}
      action={button}
    />
  )
}
