import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Alert, App, Form, InputNumber, Spin } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { ProgrammeItem, TakenUp } from '#follow-up/programmes/programme-schema.ts'
import { useChange } from '../accounts/account-api.ts'
import { request } from '../api/request.ts'
import { Trouble } from '../app/trouble.tsx'
import { ReasonedChange } from '../calling/reasoned-change.tsx'
import { count } from '../text/time.ts'
import { word } from '../text/word.ts'
import { programmeQueries } from './programme-api.ts'

/** Discharges that were imported before the programme wanted them: how many there are, and what taking them up does. */
export function TakeUpDialog({
  programme: { id, name },
  onClose,
}: {
  readonly programme: ProgrammeItem
  readonly onClose: () => void
}) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const [days, setDays] = useState(30)
  const foreseen = useQuery({
    queryKey: ['programme-take-up', id, days],
    queryFn: ({ signal }) =>
      request<TakenUp>(`/api/programmes/${id}/take-up/foresee`, { method: 'POST', body: { days }, signal }),
    placeholderData: keepPreviousData,
    gcTime: 0,
  })
  const takeUp = useChange(
    (reason: string) => request<TakenUp>(`/api/programmes/${id}/take-up`, { method: 'POST', body: { days, reason } }),
    programmeQueries,
    {
      onSuccess: ({ enrolled, tasks }) => {
        void message.success(t('programmes.takenUp', { enrolled: count(enrolled), tasks: count(tasks) }))
        onClose()
      },
    },
  )
  return (
    <ReasonedChange
      title={t('programmes.takeUpAsk', { name })}
      okText={t('programmes.takeUpOk')}
      hint={t('programmes.takeUpText')}
      sending={takeUp}
      onReason={takeUp.mutate}
      onClose={onClose}
    >
      <Form.Item label={t('programmes.takeUpDays')} htmlFor="take-up-days">
        <InputNumber
          id="take-up-days"
          min={1}
          max={180}
          precision={0}
          value={days}
          suffix={t('programmes.days')}
          onChange={(value) => setDays(value ?? 30)}
        />
      </Form.Item>
      {foreseen.isError && <Trouble error={foreseen.error} onRetry={() => void foreseen.refetch()} />}
      {foreseen.data && (
        <Spin spinning={foreseen.isPlaceholderData}>
          <Foreseen days={days} of={foreseen.data} />
        </Spin>
      )}
    </ReasonedChange>
  )
}

function Foreseen({ days, of }: { readonly days: number; readonly of: TakenUp }) {
  const { t } = useTranslation()
  const { enrolled, leftOut } = of
  const tasks = count(of.tasks)
  const others = (['already', 'elsewhere', 'tooLate', 'replaced', 'calledThere'] as const).filter((key) => of[key] > 0)
  const reasons = leftOut.map(({ reason, count: many }) =>
    t('programmes.reasonOf', { reason: word('planReason', reason), count: many }),
  )
  return (
    <Alert
      className="programme-told"
      type={enrolled === 0 ? 'warning' : 'info'}
      role="status"
      data-enrolled={enrolled}
      title={
        enrolled === 0
          ? t('programmes.nothingToTakeUp')
          : t('programmes.takeUpTakes', { enrolled: count(enrolled), tasks })
      }
      description={
        <ul className="programme-list">
          <li>{t('programmes.matching', { days, discharges: count(of.discharges), count: of.matching })}</li>
          {others.map((key) => (
            <li key={key}>{t(`programmes.${key}`, { count: of[key] })}</li>
          ))}
          {reasons.length > 0 && <li>{t('programmes.leftOutOf', { reasons: reasons.join(' · ') })}</li>}
        </ul>
      }
    />
  )
}
