import { Form, type FormInstance, Modal } from 'antd'
import { type ReactNode, useId } from 'react'
import { useTranslation } from 'react-i18next'
import { Trouble } from './trouble.tsx'

/** A few fields and one answer that is sent; what the server refuses stays below the fields, as typed. */
export function FormDialog<Values extends object>({
  open,
  title,
  okText,
  hint,
  danger = false,
  refused = false,
  form,
  initialValues,
  sending,
  onSend,
  onClose,
  children,
}: {
  readonly open: boolean
  readonly title: string
  /** Default: save. */
  readonly okText?: string
  readonly hint?: string
  /** Hard to take back. */
  readonly danger?: boolean
  /** Nothing would come of it, as the children say: it cannot be sent. */
  readonly refused?: boolean
  readonly form: FormInstance<Values>
  readonly initialValues?: { readonly [Name in keyof Values]?: Values[Name] | undefined }
  readonly sending: { readonly isPending: boolean; readonly isError: boolean; readonly error: unknown; reset(): void }
  readonly onSend: (values: Values) => void
  readonly onClose: () => void
  readonly children: ReactNode
}) {
  const { t } = useTranslation()
  const id = useId()
  return (
    <Modal
      open={open}
      title={title}
      okText={okText ?? t('accounts.save')}
      cancelText={t('common.cancel')}
      confirmLoading={sending.isPending}
      // The form's own button, though it stands outside: without one, Enter sends no form of more than one field.
      okButtonProps={{ htmlType: 'submit', form: id, danger, disabled: refused }}
      onCancel={onClose}
      afterOpenChange={(isOpen) => isOpen && focusFirstField(id)}
      afterClose={() => sending.reset()}
      destroyOnHidden
    >
      {hint !== undefined && <p className="muted">{hint}</p>}
      <Form
        id={id}
        form={form}
        layout="vertical"
        preserve={false}
        requiredMark={false}
        {...(initialValues === undefined ? {} : { initialValues })}
        // Enter sends a form whose button is disabled all the same.
        onFinish={(values) => !refused && onSend(values)}
      >
        {children}
      </Form>
      {sending.isError && <Trouble error={sending.error} />}
    </Modal>
  )
}

/** The dialog itself would begin at its button that closes it: before it is laid out no field takes the focus. */
function focusFirstField(formId: string): void {
  const fields = document.getElementById(formId)?.querySelectorAll('input, textarea') ?? []
  const first = [...fields].find((field) => field.matches(':enabled'))
  if (first instanceof HTMLElement) first.focus()
}
