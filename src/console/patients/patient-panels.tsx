import { PlusOutlined } from '@ant-design/icons'
import { Link } from '@tanstack/react-router'
import { Button, Table, Tag } from 'antd'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { CardNumber, CardTask, PatientCard } from '#follow-up/patients/patient-schema.ts'
import { useRight } from '../api/session.ts'
import { relationText } from '../seat/record-parts.tsx'
import { dateTime } from '../text/time.ts'
import { word } from '../text/word.ts'
import type { Asking } from './patient-actions.ts'

interface PanelProps {
  readonly card: PatientCard
  /** Null for who may change nothing. */
  readonly onAsk: ((asking: Asking) => void) | null
}

function Panel({
  title,
  action,
  children,
}: {
  readonly title: string
  readonly action?: ReactNode
  readonly children: ReactNode
}) {
  return (
    <section className="panel patient-panel" aria-label={title}>
      <h2>
        {title}
        {action != null && <span className="patient-actions">{action}</span>}
      </h2>
      {children}
    </section>
  )
}

/** What came before the dash is known; what is not is left out. */
function joined(...parts: readonly (string | null | false)[]): string {
  return parts.filter((part) => part !== null && part !== false && part !== '').join(' · ')
}

/** Every number that is or was the patient's, in the order of dialling. */
export function NumberPanel({ card, onAsk, onAdd }: PanelProps & { readonly onAdd: (() => void) | null }) {
  const { t } = useTranslation()
  const standing = card.numbers.filter(({ removedAt }) => removedAt === null)
  return (
    <Panel
      title={t('patients.numbers')}
      action={
        onAdd !== null && (
          <Button icon={<PlusOutlined aria-hidden />} onClick={onAdd}>
            {t('patients.addNumber')}
          </Button>
        )
      }
    >
      <Table<CardNumber>
        size="small"
        rowKey="id"
        dataSource={card.numbers}
        pagination={false}
        scroll={{ x: 900 }}
        rowClassName={({ removedAt }) => (removedAt === null ? '' : 'muted')}
        onRow={({ id }) => ({ 'data-number': id }) as object}
        locale={{ emptyText: t('patients.noNumbers') }}
        columns={[
          {
            title: t('patients.order'),
            width: 80,
            className: 'number',
            render: (_value, { id }) => {
              const place = standing.findIndex((number) => number.id === id)
              return place === -1 ? '–' : place + 1
            },
          },
          {
            title: t('patients.number'),
            width: 190,
            className: 'number nowrap',
            render: (_value, { number, extension }) => (extension === null ? number : `${number}-${extension}`),
          },
          {
            title: t('patients.whose'),
            width: 150,
            ellipsis: true,
            render: (_value, { relation, relationWord, contactName }) =>
              joined(relationText(relation, relationWord), contactName) || '–',
          },
          { title: t('patients.mayDial'), render: (_value, number) => <MayDial number={number} /> },
          {
            title: '',
            width: 330,
            align: 'right',
            render: (_value, number) =>
              onAsk !== null && <NumberActions number={number} standing={standing} onAsk={onAsk} />,
          },
        ]}
      />
    </Panel>
  )
}

function MayDial({ number }: { readonly number: CardNumber }) {
  const { t } = useTranslation()
  const { refused, reachedAt, addedBy, removedAt, removedBy } = number
  if (removedAt !== null) {
    return joined(
      t('patients.removed', { at: dateTime(removedAt) }),
      removedBy !== null && t('patients.removedByHand', { by: removedBy }),
    )
  }
  return (
    <>
      {refused === null ? (
        <Tag color="green">{t('patients.dialable')}</Tag>
      ) : (
        <Tag color="orange">{word('reason', refused)}</Tag>
      )}
      <span className="muted">
        {joined(
          reachedAt !== null && t('patients.reachedAt', { at: dateTime(reachedAt) }),
          addedBy !== null && t('patients.addedByHand', { by: addedBy }),
        )}
      </span>
    </>
  )
}

function NumberActions({
  number: { id, number, removedAt, wrongPersonAt },
  standing,
  onAsk,
}: {
  readonly number: CardNumber
  readonly standing: readonly CardNumber[]
  readonly onAsk: (asking: Asking) => void
}) {
  const { t } = useTranslation()
  const button = (label: string, asking: Omit<Asking, 'okText'>) => (
    <Button size="small" aria-label={`${label} ${number}`} onClick={() => onAsk({ ...asking, okText: label })}>
      {label}
    </Button>
  )
  const to = (verb: string) => ({ path: `/numbers/${id}/${verb}`, body: {} })
  if (removedAt !== null) {
    const title = t('patients.putBackAsk', { number })
    return button(t('patients.putBack'), { title, hint: t('patients.putBackHint'), wish: to('put-back') })
  }
  const ids = standing.map((one) => one.id)
  const place = ids.indexOf(id)
  const order = [...ids.slice(0, place - 1), id, ...ids.slice(place - 1).filter((other) => other !== id)]
  return (
    <span className="patient-buttons">
      {wrongPersonAt !== null &&
        button(t('patients.rightPerson'), {
          title: t('patients.rightPersonAsk', { number }),
          hint: t('patients.rightPersonHint'),
          wish: to('right-person'),
        })}
      {place > 0 &&
        button(t('patients.moveUp'), {
          title: t('patients.moveUpAsk', { number }),
          hint: t('patients.moveUpHint'),
          wish: { method: 'PUT', path: '/numbers/order', body: { order } },
        })}
      {button(t('patients.remove'), {
        title: t('patients.removeAsk', { number }),
        hint: t('patients.removeHint'),
        wish: to('remove'),
      })}
    </span>
  )
}

export function TaskPanel({ card }: Pick<PanelProps, 'card'>) {
  const { t } = useTranslation()
  const mayOpenTasks = useRight('call.read')
  return (
    <Panel title={t('patients.tasks')}>
      <Table<CardTask>
        size="small"
        rowKey="id"
        dataSource={card.tasks}
        pagination={card.tasks.length > 10 ? { pageSize: 10, showSizeChanger: false, size: 'small' } : false}
        scroll={{ x: 760 }}
        onRow={({ id }) => ({ 'data-task': id }) as object}
        locale={{ emptyText: t('patients.noTasks') }}
        columns={[
          {
            title: t('patients.programme'),
            ellipsis: true,
            render: (_value, { id, programme }) =>
              mayOpenTasks ? (
                <Link to="/tasks/$taskId" params={{ taskId: id }}>
                  {programme}
                </Link>
              ) : (
                programme
              ),
          },
          {
            title: t('patients.state'),
            width: 240,
            render: (_value, { state, reason }) =>
              joined(word('taskState', state), reason !== null && reasonText(reason)),
          },
          {
            title: t('patients.dueAt'),
            width: 170,
            className: 'number nowrap',
            render: (_value, { dueAt }) => dateTime(dueAt),
          },
          {
            title: t('patients.hold'),
            width: 220,
            render: (_value, { hold }) => (hold === null ? '' : word('reason', hold)),
          },
        ]}
      />
      {card.leftOut.map(({ programme, reason, anchorOn }) => (
        <p key={`${programme} ${anchorOn}`} className="patient-note">
          {t('patients.leftOut', { programme, reason: reason === null ? '–' : reasonText(reason) })}{' '}
          <span className="muted number">{anchorOn}</span>
        </p>
      ))}
    </Panel>
  )
}

/** Of a task or a plan; what the telephone did is a reason, too. */
function reasonText(code: string): string {
  const planned = word('planReason', code)
  return planned === code ? word('result', code) : planned
}

export function ConsentPanel({ card, onAsk, onAdd }: PanelProps & { readonly onAdd: (() => void) | null }) {
  const { t } = useTranslation()
  const lift = (id: string, purpose: string, decision: string): Asking => {
    const told = { purpose: word('purpose', purpose) }
    const wish = { path: `/consents/${id}/lift`, body: {} }
    return decision === 'refused'
      ? { title: t('patients.liftAsk', told), okText: t('patients.liftRefusal'), hint: t('patients.liftHint'), wish }
      : {
          title: t('patients.withdrawAsk', told),
          okText: t('patients.withdraw'),
          hint: t('patients.withdrawHint'),
          wish,
        }
  }
  return (
    <Panel
      title={t('patients.consents')}
      action={
        onAdd !== null && (
          <Button icon={<PlusOutlined aria-hidden />} onClick={onAdd}>
            {t('patients.addConsent')}
          </Button>
        )
      }
    >
      {card.consents.length === 0 && <p className="patient-note muted">{t('patients.noConsents')}</p>}
      <ul className="patient-list">
        {card.consents.map((consent) => {
          const { id, purpose, words, declaredBy, source, recordedBy, at, liftedAt, liftedBy, attemptId } = consent
          const decision = consent.decision === 'refused' ? 'refused' : 'given'
          return (
            <li key={id} data-consent={id} data-over={liftedAt !== null}>
              <div>
                <b>{word('purpose', purpose)}</b>{' '}
                <Tag color={decision === 'given' ? 'green' : 'red'}>{t(`patients.decision.${decision}`)}</Tag>
                <span className="muted">
                  {joined(
                    dateTime(at),
                    declaredBy,
                    word('consentHow', source),
                    recordedBy !== null && t('patients.recordedBy', { by: recordedBy }),
                  )}
                </span>
                {attemptId !== null && <CallLink attemptId={attemptId} />}
                {words !== null && <p>{words}</p>}
                {liftedAt !== null && (
                  <p className="muted">{t('patients.lifted', { by: liftedBy ?? '–', at: dateTime(liftedAt) })}</p>
                )}
              </div>
              {liftedAt === null && onAsk !== null && (
                <Button size="small" onClick={() => onAsk(lift(id, purpose, decision))}>
                  {t(decision === 'refused' ? 'patients.liftRefusal' : 'patients.withdraw')}
                </Button>
              )}
            </li>
          )
        })}
      </ul>
    </Panel>
  )
}

export function RefusalPanel({ card, onAsk }: PanelProps) {
  const { t } = useTranslation()
  const mayLift = useRight('campaign.control')
  return (
    <Panel title={t('patients.refusals')}>
      {card.refusals.length === 0 && <p className="patient-note muted">{t('patients.noRefusals')}</p>}
      <ul className="patient-list">
        {card.refusals.map(({ id, number, source, reason, by, attemptId, since, until, liftedAt, liftedBy }) => (
          <li key={id} data-refusal={id} data-over={liftedAt !== null}>
            <div>
              <b className="number">{number ?? t('patients.anyNumber')}</b>{' '}
              <span className="muted">
                {joined(
                  dateTime(since),
                  word('refusalSource', source),
                  by,
                  reason,
                  until !== null && t('patients.until', { at: dateTime(until) }),
                )}
              </span>
              {attemptId !== null && <CallLink attemptId={attemptId} />}
              {liftedAt !== null && (
                <p className="muted">{t('patients.lifted', { by: liftedBy ?? '–', at: dateTime(liftedAt) })}</p>
              )}
            </div>
            {liftedAt === null && mayLift && onAsk !== null && (
              <Button
                size="small"
                onClick={() =>
                  onAsk({
                    title: t('patients.liftEntryAsk'),
                    okText: t('patients.liftEntry'),
                    hint: t('patients.liftEntryHint'),
                    wish: { path: `/api/do-not-call/${id}/lift`, body: {} },
                  })
                }
              >
                {t('patients.liftEntry')}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </Panel>
  )
}

export function NewsPanel({ card }: Pick<PanelProps, 'card'>) {
  const { t } = useTranslation()
  return (
    <Panel title={t('patients.news')}>
      {card.news.length === 0 && <p className="patient-note muted">{t('patients.noNews')}</p>}
      <ul className="patient-list">
        {card.news.map(({ id, kind, source, by, reason, attemptId, at, takenBackAt, takenBackBy, takenBackReason }) => (
          <li key={id} data-news={id} data-over={takenBackAt !== null}>
            <div>
              <b>{word('newsKind', kind)}</b>{' '}
              <span className="muted">{joined(dateTime(at), word('newsSource', source), by, reason)}</span>
              {attemptId !== null && <CallLink attemptId={attemptId} />}
              {takenBackAt !== null && (
                <p className="muted">
                  {t('patients.takenBack', {
                    by: takenBackBy ?? '–',
                    at: dateTime(takenBackAt),
                    reason: takenBackReason ?? '–',
                  })}
                </p>
              )}
            </div>
          </li>
        ))}
      </ul>
    </Panel>
  )
}

function CallLink({ attemptId }: { readonly attemptId: string }) {
  const { t } = useTranslation()
  return (
    <>
      {' '}
      <Link to="/calls/$attemptId" params={{ attemptId }}>
        {t('patients.openCall')}
      </Link>
    </>
  )
}
