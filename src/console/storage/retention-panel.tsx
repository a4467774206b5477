import { Alert, App, Button, Form, InputNumber } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { StorageBoard } from '#contact-center/retention/storage-schema.ts'
import { useChange } from '../accounts/account-api.ts'
import { request } from '../api/request.ts'
import { NewerVersion } from '../app/newer-version.tsx'
import { useVersionedForm } from '../app/use-versioned-form.ts'
import { ReasonedChange } from '../calling/reasoned-change.tsx'
import { count, dateTime } from '../text/time.ts'
import { size } from './storage-api.ts'

type Rule = StorageBoard['rule']

/** The lowest that the law allows, and the unit that a figure is told in. */
const parts = [
  { name: 'recordingDays', min: 30, unit: 'days' },
  { name: 'clinicalYears', min: 30, unit: 'years' },
  { name: 'auditMonths', min: 6, unit: 'months' },
] as const satisfies readonly { readonly name: keyof Rule; readonly min: number; readonly unit: string }[]

/** The rule, what it would remove, and the word of a person without which it removes nothing. */
export function RetentionPanel({ board }: { readonly board: StorageBoard }) {
  const { t } = useTranslation()
  return (
    <section className="panel sheet" aria-labelledby="storage-rule">
      <h2 id="storage-rule">{t('storage.rule')}</h2>
      <p className="muted">{t('storage.ruleText')}</p>
      <RuleForm board={board} />
      <h3>{t('storage.preview')}</h3>
      <Preview board={board} />
      <Approval board={board} />
    </section>
  )
}

function RuleForm({ board }: { readonly board: StorageBoard }) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const [form] = Form.useForm<Rule>()
  const { typed, initial, version, isTyped, newer, hasSent } = useVersionedForm(
    { version: board.ruleVersion, fields: board.rule },
    { form, contentOf: (rule) => rule, put: (rule) => form.setFieldsValue(rule) },
  )
  const [wished, setWished] = useState<Rule | null>(null)
  const saving = useChange(
    (wish: { readonly rule: Rule; readonly reason: string }) =>
      request('/api/storage/rule', { method: 'PUT', body: { basedOn: version, ...wish } }),
    ['storage'],
    {
      onSuccess: (_answer, wish) => {
        setWished(null)
        hasSent(wish.rule)
        void message.success(t('storage.saved'))
      },
    },
  )
  const changed = (to: Rule) => parts.filter(({ name }) => to[name] !== initial[name])
  const notice = newer !== null && (
    <NewerVersion
      newer={newer}
      change={board.changed}
      linesOf={(rule) =>
        parts.map(({ name, unit }) => ({
          key: name,
          label: t(`storage.${name}`),
          text: `${rule[name]} ${t(`storage.${unit}`)}`,
        }))
      }
      onGoOn={(carried) => {
        saving.reset()
        setWished(wished === null ? null : carried)
      }}
    />
  )
  return (
    <Form
      form={form}
      layout="vertical"
      requiredMark={false}
      initialValues={initial}
      onFinish={(values) => setWished({ ...typed, ...values })}
    >
      {wished === null && notice}
      <div className="storage-fields">
        {parts.map(({ name, min, unit }) => (
          <Form.Item
            key={name}
            name={name}
            label={t(`storage.${name}`)}
            rules={[{ required: true, type: 'integer', min, message: t('storage.atLeast', { min }) }]}
          >
            <InputNumber suffix={t(`storage.${unit}`)} precision={0} style={{ width: 140 }} />
          </Form.Item>
        ))}
      </div>
      <Button htmlType="submit" disabled={!isTyped}>
        {t('storage.save')}
      </Button>
      {wished !== null && (
        <ReasonedChange
          title={t('storage.saveTitle')}
          okText={t('storage.saveOk')}
          hint={t('storage.saveHint')}
          sending={saving}
          refused={newer !== null}
          onReason={(reason) => saving.mutate({ rule: wished, reason })}
          onClose={() => setWished(null)}
        >
          {notice || (
            <dl className="calling-changes">
              {changed(wished).map(({ name, unit }) => (
                <div key={name}>
                  <dt>{t(`storage.${name}`)}</dt>
                  <dd>
                    <span className="muted">{t('storage.was')}</span> {initial[name]} {t(`storage.${unit}`)}{' '}
                    <span className="muted">→ {t('storage.becomes')}</span>{' '}
                    <b>
                      {wished[name]} {t(`storage.${unit}`)}
                    </b>
                  </dd>
                </div>
              ))}
            </dl>
          )}
        </ReasonedChange>
      )}
    </Form>
  )
}

function Preview({ board: { preview, reviewDays } }: { readonly board: StorageBoard }) {
  const { t } = useTranslation()
  const { recordings, bytes, oldestAt, held, inReview } = preview
  return (
    <>
      <p className="number" data-preview={recordings}>
        {recordings === 0
          ? t('storage.previewNone')
          : t('storage.previewText', {
              recordings: count(recordings),
              size: size(bytes),
              oldest: oldestAt === null ? '–' : dateTime(oldestAt),
            })}
      </p>
      {held + inReview > 0 && (
        <p className="muted">
          {t('storage.kepts', { held: count(held), inReview: count(inReview), days: reviewDays })}
        </p>
      )}
    </>
  )
}

function Approval({ board: { approval, ruleVersion, preview } }: { readonly board: StorageBoard }) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const [asking, setAsking] = useState(false)
  const approving = useChange(
    (reason: string) => request('/api/storage/approval', { method: 'POST', body: { ruleVersion, reason } }),
    ['storage'],
    {
      onSuccess: () => {
        setAsking(false)
        void message.success(t('storage.approvedNow'))
      },
    },
  )
  if (approval !== null) {
    const { by, at, recordings, reason } = approval
    return (
      <Alert
        type="success"
        showIcon
        data-approved="true"
        title={t('storage.approved')}
        description={
          <>
            {t('storage.approvedBy', {
              by: by ?? t('storage.atServer'),
              at: dateTime(at),
              recordings: count(recordings),
              reason,
            })}
            <div>{t('storage.approvedText')}</div>
          </>
        }
      />
    )
  }
  return (
    <>
      <Alert
        type="warning"
        showIcon
        role="status"
        data-approved="false"
        title={t('storage.notApproved')}
        action={
          <Button type="primary" onClick={() => setAsking(true)}>
            {t('storage.approve')}
          </Button>
        }
      />
      {asking && (
        <ReasonedChange
          title={t('storage.approveTitle')}
          okText={t('storage.approveOk')}
          hint={t('storage.approveHint')}
          sending={approving}
          onReason={(reason) => approving.mutate(reason)}
          onClose={() => setAsking(false)}
        >
          <p className="number">
            <b>{t('storage.preview')}</b>{' '}
            {t('storage.previewText', {
              recordings: count(preview.recordings),
              size: size(preview.bytes),
              oldest: preview.oldestAt === null ? '–' : dateTime(preview.oldestAt),
            })}
          </p>
        </ReasonedChange>
      )}
    </>
  )
}
