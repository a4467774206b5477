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
  reason = '',
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
  /** Typed when it was asked before. */
  readonly reason?: string
  readonly onReason: (reason: string) => void
  /** Not sent. @param typed until then */
  readonly onClose: (typed: string) => void
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
      initialValues={{ reason }}
      sending={sending}
      refused={refused}
      onSend={({ reason: typed }) => onReason(typed.trim())}
      onClose={() => {
        sending.reset()
        onClose(form.getFieldValue('reason') ?? '')
      }}
    >
      {children}
      <Form.Item
        name="reason"
        label={t('calling.reason')}
        rules={[{ required: true, whitespace: true, message: t('calling.reasonPlease') }]}
      >
        <Input maxLength={200} autoFocus autoComplete="off" />
      </Form.Item>
    </FormDialog>
  )
}
