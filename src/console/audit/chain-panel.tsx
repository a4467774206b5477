import { CopyOutlined, SafetyCertificateOutlined } from '@ant-design/icons'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Alert, App, Button, Input, Skeleton } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { ChainStateView, ChainVerdictView } from '#platform/audit/audit-schema.ts'
import { request } from '../api/request.ts'
import { Trouble } from '../app/trouble.tsx'
import { count } from '../text/time.ts'

const key = ['audit-chain']
const anchorPattern = /^\d{1,18}:[0-9a-f]{64}$/

export function useChainState() {
  return useQuery({
    queryKey: key,
    queryFn: ({ signal }) => request<ChainStateView>('/api/audit/chain', { signal }),
  })
}

/** How far the trail is sealed, and on request whether every row is still what was sealed. */
export function ChainPanel() {
  const { t } = useTranslation()
  const queryClient = useQueryClient()
  const chain = useChainState()
  const [noted, setNoted] = useState('')
  const verifying = useMutation({
    mutationFn: (anchor: string) =>
      request<ChainVerdictView>('/api/audit/verify', { method: 'POST', body: anchor === '' ? {} : { anchor } }),
    onSettled: () => queryClient.invalidateQueries({ queryKey: key }),
  })
  const anchor = noted.trim()
  const wrong = anchor !== '' && !anchorPattern.test(anchor)
  return (
    <section className="panel chain" aria-label={t('audit.chain')}>
      <div className="chain-head">
        <SafetyCertificateOutlined aria-hidden />
        <h2>{t('audit.chain')}</h2>
        {chain.isPending && <Skeleton.Input size="small" active />}
        {chain.data && (
          <span className="number">
            {chain.data.anchor === null
              ? t('audit.nothing')
              : t('audit.whole', { id: count(Number(chain.data.anchor.id)) })}
            {chain.data.unsealed > 0 && (
              <span className="muted"> · {t('audit.unsealed', { rows: count(chain.data.unsealed) })}</span>
            )}
          </span>
        )}
        <span className="fill" />
        <Input
          aria-label={t('audit.anchorCheck')}
          placeholder={t('audit.anchorCheck')}
          allowClear
          autoComplete="off"
          status={wrong ? 'error' : ''}
          title={wrong ? t('audit.anchorFault') : undefined}
          value={noted}
          onChange={(event) => setNoted(event.target.value)}
        />
        <Button type="primary" loading={verifying.isPending} disabled={wrong} onClick={() => verifying.mutate(anchor)}>
          {t(verifying.isPending ? 'audit.verifying' : 'audit.verify')}
        </Button>
      </div>
      {chain.data?.anchor && <AnchorLine anchor={`${chain.data.anchor.id}:${chain.data.anchor.hash}`} />}
      {chain.isError && <Trouble error={chain.error} onRetry={() => void chain.refetch()} />}
      {verifying.isError && <Trouble error={verifying.error} />}
      {verifying.data && <Verdict verdict={verifying.data} />}
    </section>
  )
}

function AnchorLine({ anchor }: { readonly anchor: string }) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  return (
    <p className="chain-anchor">
      <span className="muted">{t('audit.anchor')}</span>
      <code>{anchor}</code>
      {navigator.clipboard !== undefined && (
        <Button
          size="small"
          type="text"
          icon={<CopyOutlined aria-hidden />}
          aria-label={t('audit.copy')}
          onClick={() => void navigator.clipboard.writeText(anchor).then(() => message.success(t('audit.copied')))}
        />
      )}
      <span className="muted">{t('audit.anchorHint')}</span>
    </p>
  )
}

function Verdict({ verdict: { broken, rows } }: { readonly verdict: ChainVerdictView }) {
  const { t } = useTranslation()
  if (broken === null) {
    return <Alert type="success" showIcon role="status" title={t('audit.verified', { rows: count(rows) })} />
  }
  const { id, fault, after } = broken
  const title = isFault(fault) ? t(`audit.fault.${fault}`, { id, after: after ?? '0' }) : `${fault} ${id}`
  return <Alert type="error" showIcon role="alert" title={title} description={t('audit.brokenNext')} />
}

const faults = ['changed', 'inserted', 'missing_before', 'tail_missing', 'anchor'] as const

function isFault(text: string): text is (typeof faults)[number] {
  return faults.some((fault) => fault === text)
}
