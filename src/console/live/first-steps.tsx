import { CheckCircleTwoTone, ClockCircleOutlined } from '@ant-design/icons'
import { Link } from '@tanstack/react-router'
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { useChange } from '../accounts/account-api.ts'
import { request } from '../api/request.ts'
import { useRight } from '../api/session.ts'
import type { LiveView } from './live-view.ts'

type Step = LiveView['firstSteps'][number]['step']

/** Where each is done, and who does it. */
const places = {
  trunk: { to: '/trunks', right: 'trunk.manage', who: 'admin' },
  import: { to: '/import', right: 'import.write', who: 'supervisor' },
  rule: { to: '/calling', right: 'campaign.control', who: 'supervisor' },
  calendar: { to: '/calling', right: 'campaign.control', who: 'supervisor' },
  accounts: { to: '/accounts', right: 'account.manage', who: 'admin' },
  start: { to: null, right: 'campaign.control', who: 'supervisor' },
} as const satisfies Record<Step, unknown>

/** What an empty hospital still has to do; gone when all is done. */
export function FirstSteps({ steps }: { readonly steps: LiveView['firstSteps'] }) {
  const { t } = useTranslation()
  if (steps.length === 0) return null
  return (
    <section className="panel first-steps" aria-labelledby="first-steps">
      <h2 id="first-steps">{t('setup.first.title')}</h2>
      <ol>
        {steps.map(({ step, done }) => (
          <li key={step} data-step={step} data-done={done}>
            {done ? (
              <CheckCircleTwoTone twoToneColor="#3f8f5b" aria-label={t('setup.first.done')} />
            ) : (
              <ClockCircleOutlined aria-label={t('setup.first.open')} />
            )}
            <span>{t(`setup.first.step.${step}`)}</span>
            {!done && <Way step={step} />}
          </li>
        ))}
      </ol>
    </section>
  )
}

function Way({ step }: { readonly step: Step }) {
  const { t } = useTranslation()
  const { to, right, who } = places[step]
  const may = useRight(right)
  const reviewing = useChange(() => request('/api/calling/reviewed', { method: 'POST' }), ['calling'])
  if (!may) return <span className="muted">{t(`setup.first.who.${who}`)}</span>
  if (to === null) return <span className="muted">{t('setup.first.below')}</span>
  return (
    <>
      <Link to={to}>{t('setup.first.go')}</Link>
      {step === 'rule' && (
        <Button size="small" loading={reviewing.isPending} onClick={() => reviewing.mutate(undefined)}>
          {t('setup.first.reviewed')}
        </Button>
      )}
    </>
  )
}
