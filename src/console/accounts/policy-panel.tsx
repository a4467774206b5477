import { useQuery } from '@tanstack/react-query'
import { Switch } from 'antd'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { OpeningPolicy } from '#contact-center/recording/recording-schema.ts'
import { request } from '../api/request.ts'
import { useRight } from '../api/session.ts'
import { Trouble } from '../app/trouble.tsx'
import { accountsQuery, useChange } from './account-api.ts'

/** What a hospital decides about its own safety, and what is fixed. */
export function PolicyPanel() {
  const { t } = useTranslation()
  const may = useRight('account.authorise')
  const accounts = useQuery(accountsQuery)
  const opening = useQuery({
    queryKey: ['opening-policy'],
    queryFn: ({ signal }) => request<OpeningPolicy>('/api/recordings/policy', { signal }),
  })
  const setSingle = useChange(
    (single: boolean) => request('/api/accounts/session-policy', { method: 'PUT', body: { single } }),
    ['accounts'],
  )
  const setAsk = useChange(
    (askWhenPlaying: boolean) => request('/api/recordings/policy', { method: 'PUT', body: { askWhenPlaying } }),
    ['opening-policy'],
  )
  const failed = [accounts, opening, setSingle, setAsk].find(({ isError }) => isError)
  return (
    <section className="panel policy" aria-label={t('accounts.tab.policy')}>
      {failed !== undefined && <Trouble error={failed.error} />}
      <Rule title={t('accounts.policySingle')} text={t('accounts.policySingleText')}>
        <Switch
          aria-label={t('accounts.policySingle')}
          checked={accounts.data?.singleSession ?? false}
          disabled={!may || accounts.data === undefined}
          loading={setSingle.isPending}
          onChange={(single) => setSingle.mutate(single)}
        />
      </Rule>
      <Rule title={t('accounts.policyReason')} text={t('accounts.policyReasonText')}>
        <Switch
          aria-label={t('accounts.policyReason')}
          checked={opening.data?.askWhenPlaying ?? false}
          disabled={!may || opening.data === undefined}
          loading={setAsk.isPending}
          onChange={(ask) => setAsk.mutate(ask)}
        />
      </Rule>
      <Rule title={t('accounts.policyFixed')} text={t('accounts.policyFixedText')} />
      {!may && <p className="muted">{t('accounts.onlySecurity')}</p>}
    </section>
  )
}

function Rule({
  title,
  text,
  children,
}: {
  readonly title: string
  readonly text: string
  readonly children?: ReactNode
}) {
  return (
    <div className="policy-rule">
      <div>
        <b>{title}</b>
        <p className="muted">{text}</p>
      </div>
      {children}
    </div>
  )
}
