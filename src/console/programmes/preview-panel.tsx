import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Alert, Spin } from 'antd'
import { useTranslation } from 'react-i18next'
import type { PreviewWish, ProgrammePreview } from '#follow-up/programmes/programme-schema.ts'
import { request } from '../api/request.ts'
import { Trouble } from '../app/trouble.tsx'
import { count } from '../text/time.ts'
import { word } from '../text/word.ts'

/** What the draft would make of the latest discharges, asked for as it is shown. */
export function Preview({ wish }: { readonly wish: PreviewWish }) {
  const preview = useQuery({
    queryKey: ['programme-preview', wish],
    queryFn: ({ signal }) =>
      request<ProgrammePreview>('/api/programmes/preview', { method: 'POST', body: wish, signal }),
    placeholderData: keepPreviousData,
    gcTime: 0,
  })
  if (preview.isError) return <Trouble error={preview.error} onRetry={() => void preview.refetch()} />
  return <Spin spinning={preview.isFetching}>{preview.data && <Outcome of={preview.data} />}</Spin>
}

function Outcome({ of }: { readonly of: ProgrammePreview }) {
  const { t } = useTranslation()
  const { days, takes, before, also, leftOut, byNobody, byNobodyBefore } = of
  const reasons = leftOut.map(({ reason, count: many }) =>
    t('programmes.reasonOf', { reason: word('planReason', reason), count: many }),
  )
  const perDay = Math.round((of.tasks / days) * 10) / 10
  return (
    <Alert
      className="programme-told"
      type={takes === 0 || also.length > 0 ? 'warning' : 'info'}
      role="status"
      data-takes={takes}
      title={
        takes === 0
          ? t('programmes.takesNobody')
          : t('programmes.takes', { count: takes, tasks: count(of.tasks), perDay })
      }
      description={
        <ul className="programme-list">
          <li>{t('programmes.discharges', { days, count: of.discharges })}</li>
          {before !== null && <li>{t('programmes.against', before)}</li>}
          {reasons.length > 0 && <li>{t('programmes.leftOutOf', { reasons: reasons.join(' · ') })}</li>}
          {also.map(({ programmeId, name, count: both }) => (
            <li key={programmeId}>{t('programmes.also', { name, count: both })}</li>
          ))}
          {(byNobody > 0 || byNobodyBefore > 0) && (
            <li>{t('programmes.byNobody', { before: count(byNobodyBefore), count: byNobody })}</li>
          )}
        </ul>
      }
    />
  )
}
