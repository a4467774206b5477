import { PhoneOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import type { SeatPhoneView } from '../softphone/seat-phone.ts'
import { word } from '../text/word.ts'
import type { SeatPhase, SeatView } from './seat-view.ts'
import type { CallLater } from './shared-number.tsx'
import type { SeatCommands } from './use-seat-commands.ts'

interface QuietDeskProps {
  readonly view: SeatView
  readonly phase: SeatPhase
  readonly kind: SeatPhoneView['kind']
  readonly commands: SeatCommands
  readonly hadOutcome: (taskId: string) => boolean
  readonly later: CallLater | null
  readonly onLater: (later: CallLater | null) => void
}

/** Nobody is on the line: what the seat waits for, what to do, and what became of the call before. */
export function QuietDesk({ view, phase, kind, commands, hadOutcome, later, onLater }: QuietDeskProps) {
  const { title, next } = useQuietWords(view, phase, kind === 'browser')
  return (
    <section className="panel quiet" data-phase={phase} aria-labelledby="quiet-title">
      <h2 id="quiet-title">{title}</h2>
      <p>{next}</p>
      <LastCallLine view={view} hadOutcome={hadOutcome} />
      <DialAgain view={view} commands={commands} />
      <DialLater view={view} commands={commands} later={later} onLater={onLater} />
    </section>
  )
}

function useQuietWords({ status, phone }: SeatView, phase: SeatPhase, isHere: boolean) {
  const { t } = useTranslation()
  const extension = phone?.extension ?? ''
  if (status === 'signing_out') return { title: t('seat.quiet.signing_out'), next: '' }
  switch (phase) {
    case 'signed_out':
      return {
        title: t('seat.quiet.signed_out'),
        next: isHere
          ? t('seat.quiet.signed_outHere')
          : phone?.live
            ? t('seat.quiet.signed_outNext')
            : t('seat.quiet.signed_outNoPhone', { extension }),
      }
    case 'unreachable':
      return {
        title: t('seat.quiet.unreachable'),
        next: isHere
          ? t('seat.quiet.unreachableHere')
          : t(phone?.live ? 'seat.quiet.unreachableLive' : 'seat.quiet.unreachableGone', { extension }),
      }
    case 'paused':
      return { title: t('seat.quiet.paused'), next: t('seat.quiet.pausedNext') }
    default:
      return { title: t('seat.quiet.waiting'), next: t(isHere ? 'seat.quiet.waitingHere' : 'seat.quiet.waitingNext') }
  }
}

function LastCallLine({ view: { last }, hadOutcome }: Pick<QuietDeskProps, 'view' | 'hadOutcome'>) {
  const { t } = useTranslation()
  if (last === null) return null
  if (last.type === 'released') {
    return (
      <p className="quiet-last" data-last="released">
        {t('seat.quiet.released', { reason: reasonText(last.reason) })}
      </p>
    )
  }
  const had = hadOutcome(last.taskId)
  return (
    <p className="quiet-last" data-last={had ? 'finished' : 'outcome-missing'}>
      {t(had ? 'seat.quiet.finished' : 'seat.quiet.outcomeMissing')}
    </p>
  )
}

/** The one whom the seat has just had, once more by hand: through the same gate, which says why not. */
function DialAgain({ view: { last, status }, commands: { run, pending } }: Pick<QuietDeskProps, 'view' | 'commands'>) {
  const { t } = useTranslation()
  const taskId = last?.taskId ?? null
  if (taskId === null || status === 'signed_out' || status === 'signing_out') return null
  return (
    <p>
      <Button
        icon={<PhoneOutlined aria-hidden />}
        loading={pending === 'dial'}
        onClick={() => run({ type: 'dial', taskId })}
      >
        {t('seat.quiet.dialAgain')}
      </Button>
    </p>
  )
}

/** Whom the agent has met on the number of a call: by hand too, and through the same gate. */
function DialLater({
  view: { status },
  commands: { run, pending },
  later,
  onLater,
}: Pick<QuietDeskProps, 'view' | 'commands' | 'later' | 'onLater'>) {
  const { t } = useTranslation()
  if (later === null || status === 'signed_out' || status === 'signing_out') return null
  return (
    <p data-later={later.taskId}>
      <Button
        type="primary"
        icon={<PhoneOutlined aria-hidden />}
        loading={pending === 'dial'}
        onClick={() => run({ type: 'dial', taskId: later.taskId })}
      >
        {t('seat.quiet.dialLater', { name: later.name })}
      </Button>{' '}
      <Button onClick={() => onLater(null)}>{t('seat.quiet.dropLater')}</Button>
    </p>
  )
}

/** A result of the telephone, or why the dialler took the offer back. */
function reasonText(code: string): string {
  const result = word('result', code)
  return result === code ? word('reason', code) : result
}
