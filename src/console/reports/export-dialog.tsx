import { useMutation } from '@tanstack/react-query'
import { App, Checkbox, Form, Input, Radio } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { AnswerSearch, ExportWish } from '#follow-up/reports/report-schema.ts'
import { useRight } from '../api/session.ts'
import { FormDialog } from '../app/form-dialog.tsx'
import { count } from '../text/time.ts'
import { takeFile } from './take-file.ts'

type Values = Pick<ExportWish, 'what' | 'format' | 'reason'> & { readonly clear?: boolean }

/** Which rows leave as a file, and why. */
export function ExportDialog({
  open,
  search,
  onClose,
}: {
  readonly open: boolean
  readonly search: AnswerSearch
  readonly onClose: () => void
}) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const seesClear = useRight('patient.clear')
  const [form] = Form.useForm<Values>()
  const [bytes, setBytes] = useState(0)
  const what = Form.useWatch('what', form)
  const taking = useMutation({
    mutationFn: ({ clear = false, ...values }: Values) => {
      setBytes(0)
      return takeFile({ ...search, ...values, reason: values.reason.trim(), ...(clear ? { clear } : {}) }, setBytes)
    },
    onSuccess: (rows) => {
      void message.success(t('reports.exported', { rows: count(rows) }))
      onClose()
    },
  })
  return (
    <FormDialog<Values>
      open={open}
      title={t('reports.exportTitle')}
      okText={t('reports.exportOk')}
      hint={t('reports.exportHint')}
      form={form}
      initialValues={{ what: 'report', format: 'xlsx' }}
      sending={taking}
      onSend={(values) => taking.mutate(values)}
      onClose={onClose}
    >
      <Form.Item name="what" label={t('reports.what')}>
        <Radio.Group
          className="report-what"
          options={(['report', 'answers', 'calls'] as const).map((value) => ({
            value,
            label: t(`reports.whatIs.${value}`),
          }))}
        />
      </Form.Item>
      <Form.Item name="format" label={t('reports.format')}>
        <Radio.Group
          options={[
            { value: 'xlsx', label: 'Excel (.xlsx)' },
            { value: 'csv', label: 'CSV (UTF-8)' },
          ]}
        />
      </Form.Item>
      <Form.Item
        name="reason"
        label={t('reports.exportReason')}
        rules={[{ required: true, whitespace: true, message: t('reports.exportReasonPlease') }]}
      >
        <Input autoFocus maxLength={200} autoComplete="off" />
      </Form.Item>
      {seesClear && what !== 'report' && (
        <Form.Item name="clear" valuePropName="checked">
          <Checkbox>{t('reports.clear')}</Checkbox>
        </Form.Item>
      )}
      {taking.isPending && <p role="status">{t('reports.exporting', { size: sizeText(bytes) })}</p>}
    </FormDialog>
  )
}

function sizeText(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.ceil(bytes / 1000)} KB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}
