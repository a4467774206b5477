import { CopyOutlined } from '@ant-design/icons'
import { App, Button, Modal } from 'antd'
import { useTranslation } from 'react-i18next'

/** A password that is shown this once. */
export interface TheSecret {
  readonly title: string
  readonly text: string
  readonly secret: string
}

/** Closed by its button alone: what stands in it comes no second time. */
export function SecretDialog({ shown, onClose }: { readonly shown: TheSecret | null; readonly onClose: () => void }) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const copy = (text: string) =>
    void navigator.clipboard?.writeText(text).then(() => message.success(t('accounts.copied')))
  return (
    <Modal
      open={shown !== null}
      title={shown?.title}
      closable={false}
      keyboard={false}
      mask={{ closable: false }}
      destroyOnHidden
      footer={
        <Button type="primary" onClick={onClose}>
          {t('accounts.close')}
        </Button>
      }
    >
      <p>{shown?.text}</p>
      <div className="secret">
        <code data-testid="secret">{shown?.secret}</code>
        {navigator.clipboard !== undefined && (
          <Button icon={<CopyOutlined aria-hidden />} onClick={() => copy(shown?.secret ?? '')}>
            {t('accounts.copy')}
          </Button>
        )}
      </div>
    </Modal>
  )
}
