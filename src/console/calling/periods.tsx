import { DeleteOutlined, PlusOutlined } from '@ant-design/icons'
import { Button, Form, Input } from 'antd'
import { useTranslation } from 'react-i18next'
import { i18n } from '../text/i18n.ts'
import type { CallingRule } from './calling-api.ts'
import { isTimeOfDay, periodFits } from './rule-words.ts'

/** The field `periods` of a form: times of day, in order. */
export function Periods() {
  const { t } = useTranslation()
  return (
    <Form.List name="periods">
      {(fields, { add, remove }) => (
        <div className="calling-periods">
          {fields.length === 0 && <p role="status">{t('calling.noPeriods')}</p>}
          {fields.map(({ key, name }) => {
            const n = name + 1
            return (
              <div className="calling-period" key={key}>
                <Form.Item name={[name, 'opens']} rules={[timeOfDay]}>
                  <Input className="number" maxLength={5} aria-label={t('calling.opens', { n })} placeholder="08:30" />
                </Form.Item>
                <span>{t('calling.to')}</span>
                <Form.Item
                  name={[name, 'closes']}
                  dependencies={[
                    ['periods', name, 'opens'],
                    ['periods', name - 1, 'closes'],
                  ]}
                  rules={[timeOfDay, inOrder(name)]}
                >
                  <Input className="number" maxLength={5} aria-label={t('calling.closes', { n })} placeholder="11:30" />
                </Form.Item>
                <Button
                  type="text"
                  icon={<DeleteOutlined aria-hidden />}
                  aria-label={t('calling.removePeriod', { n })}
                  onClick={() => remove(name)}
                />
              </div>
            )
          })}
          <Button
            icon={<PlusOutlined aria-hidden />}
            disabled={fields.length >= 12}
            onClick={() => add({ opens: '', closes: '' })}
          >
            {t('calling.addPeriod')}
          </Button>
        </div>
      )}
    </Form.List>
  )
}

const timeOfDay = () => ({
  validator: (_rule: unknown, text: string) =>
    isTimeOfDay(text) ? Promise.resolve() : Promise.reject(new Error(i18n.t('calling.timeWrong'))),
})

const inOrder =
  (index: number) =>
  ({ getFieldValue }: { getFieldValue(name: string): CallingRule['periods'] }) => ({
    validator: () =>
      periodFits(getFieldValue('periods'), index)
        ? Promise.resolve()
        : Promise.reject(new Error(i18n.t('calling.periodWrong'))),
  })
