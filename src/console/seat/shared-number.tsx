import { ArrowLeftOutlined, PhoneOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { Waiting } from '../app/page-states.tsx'
import { Trouble } from '../app/trouble.tsx'
import { word } from '../text/word.ts'
import { EarlierCalls, EarlierForms, Encounters, PatientCard } from './record-parts.tsx'
import { type DeskRecord, readSharer } from './seat-api.ts'

/** Somebody to be dialled by hand when the seat is free again. */
export interface CallLater {
  readonly taskId: string
  readonly name: string
}

type Sharer = DeskRecord['sharedWith'][number]

/** Families share a telephone: no record is guessed, the agent asks who has answered (requirements D08). */
export function SharedNumber({
  sharedWith,
  onOpen,
}: Pick<DeskRecord, 'sharedWith'> & { readonly onOpen: (sharer: Sharer) => void }) {
  const { t } = useTranslation()
  if (sharedWith.length === 0) return null
  return (
    <div className="shared-number" role="note">
      <b>{t('seat.record.sharedWith')}</b>
      <p className="shared-hint">{t('seat.record.sharedHint')}</p>
      <ul>
        {sharedWith.map((sharer) => {
          const { patientId, name, sex, age, relation, programme } = sharer
          return (
            <li key={patientId}>
              <button type="button" className="link" onClick={() => onOpen(sharer)}>
                <b>{name}</b>
              </button>{' '}
              {[
                sex === null ? null : word('sex', sex),
                age === null ? null : t('seat.record.age', { age }),
                relation === null ? null : word('relation', relation),
                programme,
              ]
                .filter((part) => part !== null)
                .join(' · ')}
            </li>
          )
        })}
      </ul>
    </div>
  )
}

interface SharerRecordProps {
  readonly record: DeskRecord
  readonly sharer: Sharer
  readonly later: CallLater | null
  readonly onLater: (later: CallLater | null) => void
  readonly onBack: () => void
}

/** The other's card, to be read: the call, its task and its form stay the patient's who was dialled. */
export function SharerRecord({ record, sharer, later, onLater, onBack }: SharerRecordProps) {
  const { t } = useTranslation()
  const { patientId, taskId, name } = sharer
  const { data, isPending, error, refetch } = useQuery({
    queryKey: ['desk', record.task.id, 'shared', patientId],
    queryFn: ({ signal }) => readSharer(record.task.id, patientId, signal),
    // Each opening is written down; nothing of a patient stays in the page after the call.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  })
  return (
    <div data-sharer={patientId}>
      <div className="shared-number" role="note">
        <p className="shared-hint">{t('seat.record.sharerHint', { name: record.patient.name })}</p>
        <p className="sharer-buttons">
          <Button size="small" icon={<ArrowLeftOutlined aria-hidden />} onClick={onBack}>
            {t('seat.record.sharerBack', { name: record.patient.name })}
          </Button>
          {taskId !== null && (
            <Button
              size="small"
              icon={<PhoneOutlined aria-hidden />}
              aria-pressed={later?.taskId === taskId}
              type={later?.taskId === taskId ? 'primary' : 'default'}
              onClick={() => onLater(later?.taskId === taskId ? null : { taskId, name })}
            >
              {t(later?.taskId === taskId ? 'seat.record.laterOn' : 'seat.record.later')}
            </Button>
          )}
        </p>
      </div>
      {isPending && <Waiting />}
      {error !== null && <Trouble error={error} onRetry={() => void refetch()} />}
      {data !== undefined && (
        <>
          <PatientCard patient={data.patient} />
          <Encounters record={data} />
          <EarlierCalls record={data} />
          <EarlierForms record={data} />
        </>
      )}
    </div>
  )
}
