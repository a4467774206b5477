import { Form, Input } from 'antd'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { FormDialog } from '../app/form-dialog.tsx'

/** What is about to be changed, and why: the reason goes into the audit trail. It exists while it asks. */
export function ReasonedChange({
  title,
  okText,
  hint,
  sending,
  refused = false,
  onReason,
  onClose,
  children,
}: {
  readonly title: string
  readonly okText: string
  readonly hint: string
  readonly sending: Parameters<typeof FormDialog>[0]['sending']
  /** Not as it stands: the children say why. */
  readonly refused?: boolean
  readonly onReason: (reason: string) => void
  readonly onClose: () => void
  readonly children?: ReactNode
}) {
  const { t } = useTranslation()
  const [form] = Form.useForm<{ reason: string }>()
  return (
    <FormDialog
      open
      title={title}
      okText={okText}
      hint={hint}
      form={form}
      sending={sending}
      refused={refused}
      onSend={({ reason }) => onReason(reason.trim())}
      onClose={() => {
        sending.reset()
        onClose()
      }}
    >
      {children}
      <Form.Item
        name="reason"
        label={t('calling.reason')}
        rules={[{ required: true, whitespace: true, message: t('calling.reasonPlease') }]}
      >
        <Input maxLength={200} autoFocus />
      </Form.Item>
    </FormDialog>
  )
}
