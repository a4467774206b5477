import { Button, Checkbox, Form, type FormInstance, Input, InputNumber, Radio, Select } from 'antd'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { PreviewWish, ProgrammeChoices } from '#follow-up/programmes/programme-schema.ts'
import { RefusedError } from '../api/request.ts'
import { type Change, type Line, NewerVersion } from '../app/newer-version.tsx'
import { useVersionedForm, type Versioned } from '../app/use-versioned-form.ts'
import { ReasonedChange } from '../calling/reasoned-change.tsx'
import { word } from '../text/word.ts'
import { ConditionFields } from './condition-fields.tsx'
import { Preview } from './preview-panel.tsx'
import { contentOf, type ProgrammeFields, refusedField } from './programme-fields.ts'
import { linesOf } from './programme-words.ts'
import { StepList } from './step-fields.tsx'

export interface Sent {
  readonly fields: ProgrammeFields
  readonly reason: string
  /** The version that it was made on. */
  readonly basedOn: number
}

type Sending = Parameters<typeof ReasonedChange>[0]['sending'] & { mutate(sent: Sent): void }

/** What a version says, with what it would make of the latest discharges beside it. */
export function ProgrammeForm({
  title,
  text,
  current,
  change = null,
  choices,
  existing,
  sending,
  words,
}: {
  readonly title: string
  readonly text: string
  /** What is changed here, as it is now. */
  readonly current: Versioned<ProgrammeFields>
  /** Who published it. */
  readonly change?: Change | null
  readonly choices: ProgrammeChoices
  /** The programme whose next version this is; null: a new one. */
  readonly existing: string | null
  readonly sending: Sending
  readonly words: {
    readonly send: 'programmes.create' | 'programmes.publish'
    readonly title: string
    readonly ok: string
  }
}) {
  const { t } = useTranslation()
  const [form] = Form.useForm<ProgrammeFields>()
  const { typed, initial, version, newer } = useVersionedForm(current, {
    form,
    contentOf: (fields) => ({ ...contentOf(fields), name: fields.name }),
    put: (fields) => form.setFieldsValue(fields),
  })
  const [days, setDays] = useState(30)
  const [tried, setTried] = useState<PreviewWish | null>(null)
  const [wished, setWished] = useState<ProgrammeFields | null>(null)
  /** Whoever goes back to the form to look something up does not write it twice. */
  const [reason, setReason] = useState('')
  const site = choices.sites.find(({ id }) => id === typed.siteId)
  const all = () => ({ ...initial, ...form.getFieldsValue(true) })
  const wishOf = (fields: ProgrammeFields): PreviewWish => {
    const { siteId, purpose, isDefault } = fields
    const one = existing === null ? {} : { programmeId: existing }
    return { ...one, siteId, purpose, isDefault, content: contentOf(fields), days }
  }
  const linesIn = (fields: ProgrammeFields): readonly Line[] => [
    { key: 'name', label: t('programmes.name'), text: fields.name },
    ...linesOf(contentOf(fields), { t, published: choices.published }),
  ]
  const { error } = sending
  useEffect(() => {
    if (error instanceof RefusedError) markRefused(form, error)
  }, [error, form])
  const notice = newer !== null && (
    <NewerVersion
      newer={newer}
      change={change}
      linesOf={linesIn}
      onGoOn={(carried) => {
        sending.reset()
        setWished(wished === null ? null : carried)
      }}
    />
  )
  const tryIt = async () => {
    if (await valid(form)) setTried(wishOf(all()))
  }
  return (
    <>
      <div className="programme-title">
        <h2>{title}</h2>
      </div>
      {wished === null && notice}
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={initial}
        scrollToFirstError
        onFinish={() => setWished(all())}
      >
        <div className="programme-edit">
          <div className="stack">
            <Basics isNew={existing === null} choices={choices} hasDefault={site?.hasDefault === true} />
            <ConditionFields
              departments={site?.departments ?? []}
              payers={choices.payers}
              isDefault={typed.isDefault}
            />
            <StepList published={choices.published} />
          </div>
          <aside className="stack programme-aside">
            <section className="panel programme-part" aria-labelledby="programme-preview">
              <h2 id="programme-preview">{t('programmes.preview')}</h2>
              <p className="muted">{t('programmes.previewText')}</p>
              <div className="programme-try">
                <label htmlFor="programme-days">{t('programmes.previewDays')}</label>
                <InputNumber
                  id="programme-days"
                  min={1}
                  max={180}
                  precision={0}
                  value={days}
                  suffix={t('programmes.days')}
                  onChange={(value) => setDays(value ?? 30)}
                />
                <Button onClick={() => void tryIt()}>{t('programmes.previewRun')}</Button>
              </div>
              {tried === null ? <p className="muted">{t('programmes.previewFirst')}</p> : <Preview wish={tried} />}
            </section>
            <section className="panel programme-part">
              <p>{text}</p>
              <Button type="primary" htmlType="submit">
                {t(words.send)}
              </Button>
            </section>
          </aside>
        </div>
      </Form>
      {wished !== null && (
        <ReasonedChange
          title={words.title}
          okText={words.ok}
          hint={text}
          sending={sending}
          refused={newer !== null}
          reason={reason}
          onReason={(typed) => sending.mutate({ fields: wished, reason: typed, basedOn: version })}
          onClose={(typed) => {
            setReason(typed)
            setWished(null)
          }}
        >
          {notice || <Preview wish={wishOf(wished)} />}
        </ReasonedChange>
      )}
    </>
  )
}

/** What the server refuses stands beside its field too. */
function markRefused(form: FormInstance, { code, params, message, next }: RefusedError): void {
  const name = refusedField(code, params)
  if (name === null) return
  form.setFields([{ name, errors: [`${message} ${next}`] }])
  form.scrollToField(name, { block: 'center' })
}

/** Whether all that is typed is well formed; what is not is marked. */
async function valid(form: { validateFields(): Promise<unknown> }): Promise<boolean> {
  return form.validateFields().then(
    () => true,
    () => false,
  )
}

/** Basis and purpose are the ground on which tasks were made: another ground is another programme. */
function Basics({
  isNew,
  choices,
  hasDefault,
}: {
  readonly isNew: boolean
  readonly choices: ProgrammeChoices
  readonly hasDefault: boolean
}) {
  const { t } = useTranslation()
  return (
    <section className="panel programme-part" aria-labelledby="programme-basics">
      <h2 id="programme-basics">{t('programmes.basics')}</h2>
      <div className="programme-pair">
        <Form.Item
          name="name"
          label={t('programmes.name')}
          rules={[{ required: true, whitespace: true, message: t('programmes.namePlease') }]}
        >
          <Input maxLength={60} />
        </Form.Item>
        {isNew && choices.sites.length > 1 && (
          <Form.Item name="siteId" label={t('programmes.site')}>
            <Select options={choices.sites.map(({ id, name }) => ({ value: id, label: name }))} />
          </Form.Item>
        )}
        {isNew && (
          <>
            <Form.Item name="purpose" label={t('programmes.purpose')}>
              <Select
                options={(['clinical', 'satisfaction', 'research', 'care'] as const).map((value) => ({
                  value,
                  label: word('purpose', value),
                }))}
              />
            </Form.Item>
            <Form.Item name="legalBasis" label={t('programmes.legalBasis')} extra={t('programmes.basisHint')}>
              <Radio.Group
                options={(['duty', 'consent'] as const).map((value) => ({
                  value,
                  label: t(`programmes.basis.${value}`),
                }))}
              />
            </Form.Item>
          </>
        )}
      </div>
      {isNew && (
        <Form.Item name="isDefault" valuePropName="checked">
          <Checkbox disabled={hasDefault}>
            {t('programmes.isDefault')}
            {hasDefault && <span className="muted"> · {t('programmes.defaultTaken')}</span>}
          </Checkbox>
        </Form.Item>
      )}
    </section>
  )
}
