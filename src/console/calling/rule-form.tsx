import { App, Button, Checkbox, Form, InputNumber, Radio } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { CallingBoard } from '#follow-up/calling/calling-schema.ts'
import { useChange } from '../accounts/account-api.ts'
import { request } from '../api/request.ts'
import { NewerVersion } from '../app/newer-version.tsx'
import { useVersionedForm } from '../app/use-versioned-form.ts'
import { i18n } from '../text/i18n.ts'
import { bars, type CallingRule } from './calling-api.ts'
import { Periods } from './periods.tsx'
import { ReasonedChange } from './reasoned-change.tsx'
import { RuleChanges, useRuleLines } from './rule-changes.tsx'
import { ruleOf } from './rule-words.ts'

/** The hospital's rule, changed as a whole. */
export function RuleForm({ board }: { readonly board: CallingBoard }) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const [form] = Form.useForm<CallingRule>()
  const { typed, initial, version, isTyped, newer, hasSent } = useVersionedForm(
    { version: board.version, fields: { alsoDialled: [], ...board.rule } },
    { form, contentOf: ruleOf, put: (rule) => form.setFieldsValue(rule) },
  )
  const [wished, setWished] = useState<CallingRule | null>(null)
  const linesOf = useRuleLines()
  const saving = useChange(
    (wish: { readonly rule: CallingRule; readonly reason: string }) =>
      request('/api/calling', { method: 'PUT', body: { basedOn: version, ...wish } }),
    ['calling'],
    {
      onSuccess: (_answer, wish) => {
        setWished(null)
        hasSent(wish.rule)
        void message.success(t('calling.saved'))
      },
    },
  )
  const notice = newer !== null && (
    <NewerVersion
      newer={newer}
      change={board.changed}
      linesOf={linesOf}
      onGoOn={(carried) => {
        saving.reset()
        setWished(wished === null ? null : carried)
      }}
    />
  )
  const days = [
    { value: 'open', label: t('calling.dayOpen') },
    { value: 'closed', label: t('calling.dayClosed') },
  ]
  const times = { suffix: t('calling.times'), precision: 0, style: { width: 120 } }
  return (
    <section className="panel sheet" aria-labelledby="calling-rule">
      <h2 id="calling-rule">{t('calling.rule')}</h2>
      <p className="muted">{t('calling.ruleText')}</p>
      {wished === null && notice}
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={initial}
        onFinish={(values) => setWished({ ...typed, ...values })}
      >
        <fieldset>
          <legend>{t('calling.periods')}</legend>
          <Periods />
          <div className="calling-day">
            <span>{t('calling.workdays')}</span>
            <span className="muted">{t('calling.workdaysText')}</span>
          </div>
          {(['holidays', 'weekends'] as const).map((kind) => (
            <div className="calling-day" key={kind}>
              <span id={`calling-${kind}`}>{t(`calling.${kind}`)}</span>
              <Form.Item name={kind} noStyle>
                <Radio.Group optionType="button" options={days} aria-labelledby={`calling-${kind}`} />
              </Form.Item>
            </div>
          ))}
        </fieldset>
        <fieldset>
          <legend>{t('calling.caps')}</legend>
          <div className="calling-caps">
            <Form.Item name="capPerDay" label={t('calling.capDay')} rules={[capBetween(1, 5)]}>
              <InputNumber {...times} />
            </Form.Item>
            <Form.Item
              name="capPerWeek"
              label={t('calling.capWeek')}
              dependencies={['capPerDay']}
              rules={[capBetween(1, 35), noLessThanADay]}
            >
              <InputNumber {...times} />
            </Form.Item>
          </div>
        </fieldset>
        <fieldset>
          <legend>{t('calling.bars')}</legend>
          <p className="muted">{t('calling.barsText')}</p>
          <Form.Item name="alsoDialled">
            <Checkbox.Group
              className="calling-bars"
              options={bars.map((bar) => ({ value: bar, label: t(`calling.bar.${bar}`) }))}
            />
          </Form.Item>
        </fieldset>
        <div className="calling-actions">
          <Button type="primary" htmlType="submit" disabled={!isTyped}>
            {t('calling.save')}
          </Button>
          <Button onClick={() => form.resetFields()} disabled={!isTyped}>
            {t('calling.reset')}
          </Button>
        </div>
      </Form>
      {wished !== null && (
        <ReasonedChange
          title={t('calling.confirmTitle')}
          okText={t('calling.confirmOk')}
          hint={t('calling.confirmText')}
          sending={saving}
          refused={newer !== null}
          onReason={(reason) => saving.mutate({ rule: wished, reason })}
          onClose={() => setWished(null)}
        >
          {notice || <RuleChanges before={initial} after={wished} />}
        </ReasonedChange>
      )}
    </section>
  )

  function capBetween(min: number, max: number) {
    return { required: true, type: 'integer' as const, min, max, message: t('calling.capWrong', { min, max }) }
  }
}

const noLessThanADay = ({ getFieldValue }: { getFieldValue(name: string): number | null }) => ({
  validator: (_rule: unknown, week: number | null) =>
    week === null || week >= (getFieldValue('capPerDay') ?? 0)
      ? Promise.resolve()
      : Promise.reject(new Error(i18n.t('calling.capsCrossed'))),
})
