import { Form, Input } from 'antd'
import { useTranslation } from 'react-i18next'
import { FormDialog } from '../app/form-dialog.tsx'

interface Entry {
  readonly number: string
  readonly reason: string
}

/** A number that nobody calls any more, and why. It exists while it asks. */
export function AddNumber({
  sending,
  onSend,
  onClose,
}: {
  readonly sending: Parameters<typeof FormDialog>[0]['sending']
  readonly onSend: (entry: Entry) => void
  readonly onClose: () => void
}) {
  const { t } = useTranslation()
  const [form] = Form.useForm<Entry>()
  return (
    <FormDialog
      open
      title={t('notCalled.add')}
      okText={t('notCalled.addOk')}
      hint={t('notCalled.addHint')}
      form={form}
      sending={sending}
      onSend={onSend}
      onClose={() => {
        sending.reset()
        onClose()
      }}
    >
      <Form.Item
        name="number"
        label={t('notCalled.number')}
        rules={[{ required: true, whitespace: true, min: 3, message: t('notCalled.numberPlease') }]}
      >
        <Input maxLength={40} autoComplete="off" autoFocus />
      </Form.Item>
      <Form.Item
        name="reason"
        label={t('notCalled.reason')}
        rules={[{ required: true, whitespace: true, message: t('notCalled.reasonPlease') }]}
      >
        <Input maxLength={200} autoComplete="off" />
      </Form.Item>
    </FormDialog>
  )
}
