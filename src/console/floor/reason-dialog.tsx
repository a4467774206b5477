import { Form, Input, Modal } from 'antd'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'

export interface ReasonWanted {
  readonly type: 'take-over' | 'release'
  readonly seatId: string
  readonly name: string
}

interface ReasonDialogProps {
  /** Null while nothing is asked. */
  readonly wanted: ReasonWanted | null
  readonly onReason: (wanted: ReasonWanted, reason: string) => void
  readonly onClose: () => void
}

/** What ends a colleague's call is asked about, and its reason is written down. */
export function ReasonDialog({ wanted, onReason, onClose }: ReasonDialogProps) {
  const { t } = useTranslation()
  const [form] = Form.useForm<{ reason: string }>()
  useEffect(() => {
    if (wanted === null) form.resetFields()
  }, [wanted, form])
  const key = wanted?.type === 'take-over' ? 'takeOver' : 'release'
  return (
    <Modal
      open={wanted !== null}
      title={t(`floor.${key}Ask`, { name: wanted?.name ?? '' })}
      okText={t(`floor.${key}`)}
      okButtonProps={{ danger: key === 'release' }}
      cancelText={t('common.cancel')}
      onCancel={onClose}
      onOk={form.submit}
      forceRender
    >
      <p>{t(`floor.${key}Text`)}</p>
      <Form
        form={form}
        layout="vertical"
        onFinish={({ reason }) => {
          if (wanted !== null) onReason(wanted, reason.trim())
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
