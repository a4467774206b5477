import { Form, Input, Modal } from 'antd'
import { useTranslation } from 'react-i18next'

export interface ReasonWanted {
  readonly type: 'take-over' | 'release'
  readonly seatId: string
  readonly name: string
}

interface ReasonDialogProps {
  readonly wanted: ReasonWanted
  readonly onReason: (wanted: ReasonWanted, reason: string) => void
  readonly onClose: () => void
}

/** What ends a colleague's call is asked about, and its reason is written down. It exists while it asks. */
export function ReasonDialog({ wanted, onReason, onClose }: ReasonDialogProps) {
  const { t } = useTranslation()
  const [form] = Form.useForm<{ reason: string }>()
  const key = wanted.type === 'take-over' ? 'takeOver' : 'release'
  return (
    <Modal
      open
      title={t(`floor.${key}Ask`, { name: wanted.name })}
      okText={t(`floor.${key}`)}
      okButtonProps={{ danger: key === 'release' }}
      cancelText={t('common.cancel')}
      onCancel={onClose}
      onOk={form.submit}
    >
      <p>{t(`floor.${key}Text`)}</p>
      <Form
        form={form}
        layout="vertical"
        onFinish={({ reason }) => {
          onReason(wanted, reason.trim())
          onClose()
        }}
      >
        <Form.Item
          name="reason"
          label={t('floor.reason')}
          rules={[{ required: true, whitespace: true, message: t('floor.reasonPlease') }]}
        >
          <Input placeholder={t('floor.reasonPlaceholder')} maxLength={200} autoFocus />
        </Form.Item>
      </Form>
    </Modal>
  )
}
