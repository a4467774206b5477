import { Form, Input } from 'antd'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { FormDialog } from '../accounts/form-dialog.tsx'

/** What is about to be done, and why: the reason goes into the audit trail. It exists while it asks. */
export function ReasonDialog<Values extends { readonly reason: string }>({
  title,
  okText,
  hint,
  sending,
  onSend,
  onClose,
  children,
}: {
  readonly title: string
  readonly okText: string
  readonly hint: string
  readonly sending: Parameters<typeof FormDialog>[0]['sending']
  readonly onSend: (values: Values) => void
  readonly onClose: () => void
  /** Fields before the reason; the first of them takes the keyboard. */
  readonly children?: ReactNode
}) {
  const { t } = useTranslation()
  const [form] = Form.useForm<Values>()
  return (
    <FormDialog
      open
      title={title}
      okText={okText}
      hint={hint}
      form={form}
      sending={sending}
      onSend={onSend}
      onClose={() => {
        sending.reset()
        onClose()
      }}
    >
      {children}
      <Form.Item
        name="reason"
        label={t('notCalled.reason')}
        rules={[{ required: true, whitespace: true, message: t('notCalled.reasonPlease') }]}
      >
        <Input maxLength={200} autoComplete="off" autoFocus={children === undefined} />
      </Form.Item>
    </FormDialog>
  )
}
