import { Form, InputNumber } from 'antd'
import { useTranslation } from 'react-i18next'
import type { CampaignBoard } from '#follow-up/dialling/campaign-settings-schema.ts'
import { word } from '../text/word.ts'

type RetryPlan = CampaignBoard['programmeRetry']

const limits = [
  ['maxRounds', 'rounds', 20],
  ['maxPerDay', 'perDay', 5],
  ['maxAttempts', 'attempts', 20],
] as const
/** What the line did and nobody decides: kept as it is. */
const uncounted: readonly string[] = ['congestion', 'cancelled']

/** When is dialled again after what. The programme's plan is shown to read, the campaign's own to change. */
export function RetryTable({ own, plan }: { readonly own: boolean; readonly plan: RetryPlan }) {
  const { t } = useTranslation()
  return (
    <>
      <div className="retry-limits">
        {limits.map(([field, label, max]) =>
          own ? (
            <Form.Item
              key={field}
              name={['retry', field]}
              label={t(`setup.campaign.${label}`)}
              rules={[
                { required: true, type: 'integer', min: 1, max, message: t('calling.capWrong', { min: 1, max }) },
              ]}
            >
              <InputNumber precision={0} />
            </Form.Item>
          ) : (
            <p key={field}>
              {t(`setup.campaign.${label}`)} <b className="number">{plan[field]}</b>
            </p>
          ),
        )}
      </div>
      <table className="retry-table">
        <thead>
          <tr>
            <th scope="col">{t('setup.campaign.result')}</th>
            <th scope="col">{t('setup.campaign.delay')}</th>
            <th scope="col">{t('setup.campaign.again')}</th>
          </tr>
        </thead>
        <tbody>
          {plan.rules.map((rule, index) => (
            <tr key={rule.result} data-result={rule.result}>
              <th scope="row">{word('result', rule.result)}</th>
              <Rule rule={rule} index={index} own={own} />
            </tr>
          ))}
        </tbody>
      </table>
    </>
  )
}

function Rule({
  rule: { result, delayMinutes, maxTimes, number },
  index,
  own,
}: {
  readonly rule: RetryPlan['rules'][number]
  readonly index: number
  readonly own: boolean
}) {
  const { t } = useTranslation()
  if (number === 'drop') return <td colSpan={2}>{t('setup.campaign.never')}</td>
  if (uncounted.includes(result)) return <td colSpan={2}>{t('setup.campaign.uncounted')}</td>
  if (!own) {
    return (
      <>
        <td className="number">
          {delayMinutes > 0 && delayMinutes % 60 === 0
            ? t('setup.campaign.hoursOf', { count: delayMinutes / 60 })
            : `${delayMinutes} ${t('setup.campaign.minutes')}`}
        </td>
        <td className="number">
          {maxTimes === null ? t('setup.campaign.unlimited') : t('setup.campaign.timesOf', { count: maxTimes })}
        </td>
      </>
    )
  }
  const name = word('result', result)
  return (
    <>
      <td>
        <Form.Item
          name={['retry', 'rules', index, 'delayMinutes']}
          rules={[
            {
              required: true,
              type: 'integer',
              min: 0,
              max: 43_200,
              message: t('calling.capWrong', { min: 0, max: 43_200 }),
            },
          ]}
        >
          <InputNumber
            precision={0}
            suffix={t('setup.campaign.minutes')}
            aria-label={`${name} ${t('setup.campaign.delay')}`}
          />
        </Form.Item>
      </td>
      <td>
        <Form.Item
          name={['retry', 'rules', index, 'maxTimes']}
          rules={[{ type: 'integer', min: 0, max: 20, message: t('calling.capWrong', { min: 0, max: 20 }) }]}
        >
          <InputNumber
            precision={0}
            placeholder={t('setup.campaign.unlimited')}
            aria-label={`${name} ${t('setup.campaign.again')}`}
          />
        </Form.Item>
      </td>
    </>
  )
}
