import { ArrowLeftOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { Alert, Button, Skeleton, Tag } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { PatientCard } from '#follow-up/patients/patient-schema.ts'
import { request } from '../api/request.ts'
import { useRight } from '../api/session.ts'
import { Trouble } from '../app/trouble.tsx'
import { ReasonedChange } from '../calling/reasoned-change.tsx'
import { EarlierCalls, EarlierForms, Encounters } from '../seat/record-parts.tsx'
import { dateTime } from '../text/time.ts'
import { word } from '../text/word.ts'
import { type Asking, usePatientChange } from './patient-actions.ts'
import { ConsentDialog, DeathDialog, NumberDialog } from './patient-dialogs.tsx'
import { ConsentPanel, NewsPanel, NumberPanel, RefusalPanel, TaskPanel } from './patient-panels.tsx'
import './patients.css'
import '../calls/calls.css'
import '../seat/seat.css'

const route = getRouteApi('/inside/patients/$patientId')

type Dialog = { readonly type: 'death' | 'consent' | 'number' } | ({ readonly type: 'reason' } & Asking)

/** Everything that is known of one patient, and what a person may put right in it. */
export function PatientPage() {
  const { t } = useTranslation()
  const { patientId } = route.useParams()
  const card = useQuery({
    queryKey: ['patient', patientId],
    queryFn: ({ signal }) => request<PatientCard>(`/api/patients/${patientId}`, { signal }),
  })
  return (
    <div className="stack">
      <Link to="/patients" className="call-back">
        <ArrowLeftOutlined aria-hidden /> {t('patients.toList')}
      </Link>
      {card.isPending && <Skeleton active paragraph={{ rows: 8 }} />}
      {card.isError && <Trouble error={card.error} onRetry={() => void card.refetch()} />}
      {card.data && <Card key={patientId} card={card.data} />}
    </div>
  )
}

function Card({ card }: { readonly card: PatientCard }) {
  const { t } = useTranslation()
  const mayChange = useRight('patient.change')
  const { patient } = card.record
  const [dialog, setDialog] = useState<Dialog | null>(null)
  const sending = usePatientChange(patient.id, { onDone: () => setDialog(null) })
  const close = () => {
    sending.reset()
    setDialog(null)
  }
  // Without the right nothing is offered that the server would refuse.
  const onAsk = mayChange ? (asking: Asking) => setDialog({ type: 'reason', ...asking }) : null
  const takeBack = (kind: 'deceased' | 'readmitted' | 'moved') =>
    onAsk?.({
      title: t(`patients.takeBackAsk.${kind}`, { name: patient.name }),
      okText: t(`patients.takeBack.${kind}`),
      hint: t(`patients.takeBackHint.${kind}`),
      wish: { path: '/take-back', body: { kind } },
    })
  const halted = (kind: string) => card.tasks.some(({ state, reason }) => reason === kind && isHalted(state))
  return (
    <>
      <section className="panel call-facts" aria-label={t('patients.facts')}>
        <h2>
          {patient.name}
          <span className="muted">
            {[
              patient.sex === null ? null : word('sex', patient.sex),
              patient.age === null ? null : t('patients.age', { age: patient.age }),
            ]
              .filter((part) => part !== null)
              .join(' · ')}
          </span>
          {[...(patient.vip === null ? [] : ['VIP']), ...patient.tags].map((tag) => (
            <Tag key={tag}>{tag}</Tag>
          ))}
          {card.deceasedAt !== null && <Tag color="red">{t('patients.deceased')}</Tag>}
          <span className="patient-actions">
            {mayChange && halted('readmitted') && (
              <Button onClick={() => takeBack('readmitted')}>{t('patients.takeBack.readmitted')}</Button>
            )}
            {mayChange && halted('moved') && (
              <Button onClick={() => takeBack('moved')}>{t('patients.takeBack.moved')}</Button>
            )}
            {mayChange &&
              (card.deceasedAt === null ? (
                <Button danger onClick={() => setDialog({ type: 'death' })}>
                  {t('patients.enterDeath')}
                </Button>
              ) : (
                <Button type="primary" onClick={() => takeBack('deceased')}>
                  {t('patients.takeBack.deceased')}
                </Button>
              ))}
          </span>
        </h2>
        {card.deceasedAt !== null && (
          <Alert
            type="warning"
            banner
            title={t('patients.deceasedSince', { at: dateTime(card.deceasedAt) })}
            description={card.deceasedOn === null ? null : t('patients.diedOn', { day: card.deceasedOn })}
          />
        )}
        <dl>
          <div>
            <dt>{t('patients.patientNo')}</dt>
            <dd className="number">{patient.patientNo ?? '–'}</dd>
          </div>
          <div>
            <dt>{t('patients.idNumber')}</dt>
            <dd className="number">{patient.idMasked ?? '–'}</dd>
          </div>
        </dl>
      </section>
      <NumberPanel card={card} onAsk={onAsk} onAdd={mayChange ? () => setDialog({ type: 'number' }) : null} />
      <TaskPanel card={card} />
      <div className="row call-halves">
        <ConsentPanel card={card} onAsk={onAsk} onAdd={mayChange ? () => setDialog({ type: 'consent' }) : null} />
        <div className="stack">
          <RefusalPanel card={card} onAsk={onAsk} />
          <NewsPanel card={card} />
        </div>
      </div>
      <div className="row call-halves">
        <section className="panel patient-record" aria-label={t('patients.stays')}>
          <Encounters record={card.record} />
        </section>
        <section className="panel patient-record" aria-label={t('patients.past')}>
          <EarlierCalls record={card.record} />
          <EarlierForms record={card.record} />
        </section>
      </div>
      {dialog?.type === 'death' && <DeathDialog name={patient.name} sending={sending} onClose={close} />}
      {dialog?.type === 'consent' && <ConsentDialog sending={sending} onClose={close} />}
      {dialog?.type === 'number' && <NumberDialog sending={sending} onClose={close} />}
      {dialog?.type === 'reason' && (
        <ReasonedChange
          title={dialog.title}
          okText={dialog.okText}
          hint={dialog.hint}
          sending={sending}
          onReason={(reason) => sending.mutate({ ...dialog.wish, body: { ...dialog.wish.body, reason } })}
          onClose={close}
        />
      )}
    </>
  )
}

function isHalted(state: string): boolean {
  return state === 'suspended' || state === 'stopped'
}
