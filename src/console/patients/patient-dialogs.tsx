import { DatePicker, Form, Input, Radio, Select } from 'antd'
import dayjs from 'dayjs'
import { useTranslation } from 'react-i18next'
import { FormDialog } from '../app/form-dialog.tsx'
import { word } from '../text/word.ts'
import type { Sending } from './patient-actions.ts'

interface DialogProps {
  readonly sending: Sending
  readonly onClose: () => void
}

const required = (message: string) => [{ required: true, whitespace: true, message }]

function ReasonField() {
  const { t } = useTranslation()
  return (
    <Form.Item name="reason" label={t('patients.reason')} rules={required(t('patients.reasonPlease'))}>
      <Input maxLength={200} autoComplete="off" />
    </Form.Item>
  )
}

/** It exists while it asks, as the others here. */
export function DeathDialog({ name, sending, onClose }: DialogProps & { readonly name: string }) {
  const { t } = useTranslation()
  const [form] = Form.useForm<{ on?: dayjs.Dayjs | null; reason: string }>()
  return (
    <FormDialog
      open
      title={t('patients.enterDeathAsk', { name })}
      okText={t('patients.enterDeath')}
      hint={t('patients.enterDeathHint')}
      danger
      form={form}
      sending={sending}
      onSend={({ on, reason }) => {
        const day = on == null ? {} : { on: on.format('YYYY-MM-DD') }
        sending.mutate({ path: '/death', body: { ...day, reason } })
      }}
      onClose={onClose}
    >
      <Form.Item name="on" label={t('patients.deathDay')}>
        <DatePicker disabledDate={(day) => day.isAfter(dayjs(), 'day')} />
      </Form.Item>
      <ReasonField />
    </FormDialog>
  )
}

const purposes = ['clinical', 'satisfaction', 'research', 'care', 'recording'] as const
const ways = ['spoken', 'written', 'electronic'] as const

interface ConsentValues {
  readonly purpose: string
  readonly decision: 'given' | 'refused'
  readonly words: string
  readonly declaredBy: string
  readonly how: string
  readonly reason: string
}

/** What a patient decided about one purpose, with its proof (requirements §8.4). */
export function ConsentDialog({ sending, onClose }: DialogProps) {
  const { t } = useTranslation()
  const [form] = Form.useForm<ConsentValues>()
  return (
    <FormDialog
      open
      title={t('patients.addConsent')}
      hint={t('patients.addConsentHint')}
      form={form}
      initialValues={{ purpose: 'satisfaction', decision: 'given', how: 'spoken' }}
      sending={sending}
      onSend={(values) => sending.mutate({ path: '/consents', body: { ...values } })}
      onClose={onClose}
    >
      <Form.Item name="decision" label={t('patients.decisionLabel')}>
        <Radio.Group
          options={(['given', 'refused'] as const).map((value) => ({ value, label: t(`patients.decision.${value}`) }))}
        />
      </Form.Item>
      <Form.Item name="purpose" label={t('patients.purposeLabel')}>
        <Select options={purposes.map((value) => ({ value, label: word('purpose', value) }))} />
      </Form.Item>
      <Form.Item name="words" label={t('patients.words')} rules={required(t('patients.wordsPlease'))}>
        <Input.TextArea maxLength={2000} autoSize={{ minRows: 2, maxRows: 6 }} />
      </Form.Item>
      <Form.Item name="declaredBy" label={t('patients.declaredBy')} rules={required(t('patients.declaredByPlease'))}>
        <Input maxLength={100} placeholder={t('patients.declaredByHint')} autoComplete="off" />
      </Form.Item>
      <Form.Item name="how" label={t('patients.how')}>
        <Radio.Group options={ways.map((value) => ({ value, label: word('consentHow', value) }))} />
      </Form.Item>
      <ReasonField />
    </FormDialog>
  )
}

const relations = ['0', '1', '2', '3', '4', '5', '6', '7', '8'] as const

interface NumberValues {
  readonly number: string
  readonly relation: string
  readonly contactName?: string
  readonly reason: string
}

export function NumberDialog({ sending, onClose }: DialogProps) {
  const { t } = useTranslation()
  const [form] = Form.useForm<NumberValues>()
  return (
    <FormDialog
      open
      title={t('patients.addNumber')}
      okText={t('patients.addNumber')}
      hint={t('patients.addNumberHint')}
      form={form}
      initialValues={{ relation: '0' }}
      sending={sending}
      onSend={(values) => sending.mutate({ path: '/numbers', body: { ...values } })}
      onClose={onClose}
    >
      <Form.Item
        name="number"
        label={t('patients.number')}
        rules={[{ required: true, whitespace: true, min: 3, message: t('patients.numberPlease') }]}
      >
        <Input maxLength={40} autoComplete="off" autoFocus />
      </Form.Item>
      <Form.Item name="relation" label={t('patients.whose')}>
        <Select options={relations.map((value) => ({ value, label: word('relation', value) }))} />
      </Form.Item>
      <Form.Item name="contactName" label={t('patients.contactName')}>
        <Input maxLength={40} autoComplete="off" />
      </Form.Item>
      <ReasonField />
    </FormDialog>
  )
}
