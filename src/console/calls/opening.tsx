import { Button, Form, Input, Modal, Select } from 'antd'
import { useId } from 'react'
import { useTranslation } from 'react-i18next'
import type { OpenedRecording, OpeningReason, OpeningWish } from '#contact-center/recording/recording-schema.ts'
import { request } from '../api/request.ts'

const reasons = [
  'quality_review',
  'complaint',
  'follow_up',
  'patient_request',
  'training',
  'other',
] as const satisfies readonly OpeningReason[]

/** Why a recording is opened, as it was chosen. */
export type Why = Pick<OpeningWish, 'reason' | 'note'>

/** Asks for a recording: the server checks the file, writes down who and why, and tells where it is to be had. */
export function openRecording(id: string, wish: OpeningWish): Promise<OpenedRecording> {
  return request<OpenedRecording>(`/api/recordings/${id}/open`, { method: 'POST', body: wish })
}

/** Asks for the reason, where one is needed. */
export function ReasonDialog({
  purpose,
  onChosen,
  onClose,
}: {
  /** Null while nothing is asked. */
  readonly purpose: OpeningWish['purpose'] | null
  readonly onChosen: (why: Why) => void
  readonly onClose: () => void
}) {
  const { t } = useTranslation()
  const id = useId()
  const [form] = Form.useForm<{ reason: OpeningReason; note?: string }>()
  const reason = Form.useWatch('reason', form)
  return (
    <Modal
      open={purpose !== null}
      title={t('calls.whyTitle')}
      onCancel={onClose}
      destroyOnHidden
      footer={[
        <Button key="cancel" onClick={onClose}>
          {t('common.cancel')}
        </Button>,
        <Button key="open" type="primary" htmlType="submit" form={id}>
          {t(purpose === 'download' ? 'calls.download' : 'calls.open')}
        </Button>,
      ]}
    >
      <p className="muted">{t(purpose === 'download' ? 'calls.whyDownload' : 'calls.whyPlay')}</p>
      <Form
        id={id}
        form={form}
        layout="vertical"
        preserve={false}
        requiredMark={false}
        // Nobody downloads for a reason that was chosen for him.
        initialValues={purpose === 'download' ? {} : { reason: 'quality_review' }}
        onFinish={({ reason: chosen, note }) => {
          const words = note?.trim() ?? ''
          onChosen({ reason: chosen, ...(words === '' ? {} : { note: words }) })
        }}
      >
        <Form.Item
          name="reason"
          label={t('calls.whyLabel')}
          rules={[{ required: true, message: t('password.please') }]}
        >
          <Select options={reasons.map((value) => ({ value, label: t(`calls.reason.${value}`) }))} />
        </Form.Item>
        <Form.Item
          name="note"
          label={t('calls.reasonNote')}
          rules={reason === 'other' ? [{ required: true, whitespace: true, message: t('password.please') }] : []}
        >
          <Input maxLength={200} autoComplete="off" />
        </Form.Item>
      </Form>
    </Modal>
  )
}
