import { DeleteOutlined, PlusOutlined } from '@ant-design/icons'
import { Button, DatePicker, Form, Input, InputNumber, Radio, Select } from 'antd'
import dayjs from 'dayjs'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Published } from '#follow-up/programmes/programme-schema.ts'
import { nextStep, repeated, type StepFields } from './programme-fields.ts'
import { publishedName } from './programme-words.ts'

/** The rounds: when each is due, and what is asked in it. */
export function StepList({ published }: { readonly published: readonly Published[] }) {
  const { t } = useTranslation()
  const form = Form.useFormInstance()
  const steps: readonly StepFields[] = Form.useWatch('steps') ?? []
  return (
    <section className="panel programme-part" aria-labelledby="programme-steps">
      <h2 id="programme-steps">{t('programmes.steps')}</h2>
      <Repeat
        onRepeat={(times, every) => {
          const first = steps[0] ?? nextStep([], published)
          form.setFieldValue('steps', repeated(first, times, every))
        }}
      />
      <Form.List name="steps">
        {(fields, { add, remove }) => (
          <>
            {fields.map(({ key, name }) => (
              <div className="programme-step" key={key} data-step={name + 1}>
                <div>
                  {t('programmes.step', { step: name + 1 })}
                  {fields.length > 1 && (
                    <Button
                      type="text"
                      size="small"
                      icon={<DeleteOutlined aria-hidden />}
                      aria-label={t('programmes.removeStep', { step: name + 1 })}
                      onClick={() => remove(name)}
                    />
                  )}
                </div>
                <Step name={name} timing={steps[name]?.timing ?? 'after'} published={published} />
              </div>
            ))}
            {fields.length < 24 && (
              <Button icon={<PlusOutlined aria-hidden />} onClick={() => add(nextStep(steps, published))}>
                {t('programmes.addStep')}
              </Button>
            )}
          </>
        )}
      </Form.List>
    </section>
  )
}

/** "3 times, 30 days apart" (requirements C04). */
function Repeat({ onRepeat }: { readonly onRepeat: (times: number, everyDays: number) => void }) {
  const { t } = useTranslation()
  const [times, setTimes] = useState(3)
  const [every, setEvery] = useState(30)
  return (
    <div className="programme-repeat">
      <label htmlFor="repeat-times">{t('programmes.repeatTimes')}</label>
      <InputNumber
        id="repeat-times"
        min={1}
        max={24}
        precision={0}
        value={times}
        onChange={(value) => setTimes(value ?? 1)}
      />
      <label htmlFor="repeat-every">{t('programmes.repeatEvery')}</label>
      <InputNumber
        id="repeat-every"
        min={1}
        max={365}
        precision={0}
        value={every}
        onChange={(value) => setEvery(value ?? 1)}
      />
      <Button onClick={() => onRepeat(times, every)}>{t('programmes.repeat')}</Button>
      <span className="muted">{t('programmes.repeatText')}</span>
    </div>
  )
}

function Step({
  name,
  timing,
  published,
}: {
  readonly name: number
  readonly timing: StepFields['timing']
  readonly published: readonly Published[]
}) {
  const { t } = useTranslation()
  return (
    <div className="programme-step-fields">
      <Form.Item name={[name, 'timing']} label={t('programmes.whenKind')}>
        <Radio.Group
          options={[
            { value: 'after', label: t('programmes.after') },
            { value: 'fixed', label: t('programmes.fixed') },
          ]}
        />
      </Form.Item>
      {timing === 'after' ? (
        <Form.Item
          name={[name, 'afterDays']}
          label={t('programmes.dayCount')}
          rules={[{ required: true, type: 'integer', min: 0, max: 1_825, message: t('programmes.daysPlease') }]}
        >
          <InputNumber precision={0} suffix={t('programmes.days')} />
        </Form.Item>
      ) : (
        <Form.Item
          name={[name, 'fixedOn']}
          label={t('programmes.fixed')}
          rules={[{ required: true, message: t('programmes.datePlease') }]}
          getValueProps={(day: string | null) => ({ value: day === null ? null : dayjs(day) })}
          normalize={(day: dayjs.Dayjs | null) => day?.format('YYYY-MM-DD') ?? null}
        >
          <DatePicker />
        </Form.Item>
      )}
      <Form.Item
        name={[name, 'dueTime']}
        label={t('programmes.dueTime')}
        tooltip={t('programmes.dueTimeHint')}
        rules={[{ pattern: /^\s*(([01]\d|2[0-3]):[0-5]\d)?\s*$/, message: t('programmes.timeWrong') }]}
      >
        <Input placeholder={t('programmes.timeWrong')} maxLength={5} />
      </Form.Item>
      <Form.Item name={[name, 'restDayRule']} label={t('programmes.restDay')}>
        <Select
          options={(['keep', 'before', 'after'] as const).map((value) => ({
            value,
            label: t(`programmes.rest.${value}`),
          }))}
        />
      </Form.Item>
      <Form.Item
        name={[name, 'expiresAfterDays']}
        label={t('programmes.expires')}
        rules={[{ required: true, type: 'integer', min: 1, max: 365, message: t('programmes.expiresWrong') }]}
      >
        <InputNumber precision={0} suffix={t('programmes.days')} />
      </Form.Item>
      <Form.Item name={[name, 'priority']} label={t('programmes.priority')} tooltip={t('programmes.priorityHint')}>
        <Select options={Array.from({ length: 10 }, (_, value) => ({ value, label: value }))} />
      </Form.Item>
      <div className="wide">
        <Choice name={name} field="questionnaireVersionId" kind="questionnaire" published={published} />
        <Choice name={name} field="flowVersionId" kind="flow" published={published} />
      </div>
    </div>
  )
}

function Choice({
  name,
  field,
  kind,
  published,
}: {
  readonly name: number
  readonly field: 'questionnaireVersionId' | 'flowVersionId'
  readonly kind: Published['kind']
  readonly published: readonly Published[]
}) {
  const { t } = useTranslation()
  const chosen: string | null | undefined = Form.useWatch(['steps', name, field])
  const offered = published.filter((one) => one.kind === kind && (one.latest || one.id === chosen))
  return (
    <Form.Item
      name={[name, field]}
      label={t(`programmes.${kind}`)}
      rules={[{ required: true, message: t('programmes.please') }]}
    >
      <Select
        notFoundContent={t('programmes.noAnyFlow')}
        options={offered.map((one) => ({
          value: one.id,
          label:
            kind === 'questionnaire' && !one.byKeys
              ? `${publishedName(one, t)} · ${t('programmes.agentsOnly')}`
              : publishedName(one, t),
        }))}
      />
    </Form.Item>
  )
}
