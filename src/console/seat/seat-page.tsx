import { Alert } from 'antd'
import { useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { useTranslation } from 'react-i18next'
import { RefusedError } from '../api/request.ts'
import { useConnection } from '../app/connection-state.tsx'
import { Waiting } from '../app/page-states.tsx'
import { Trouble } from '../app/trouble.tsx'
import { pagePhone } from '../softphone/page-phone.ts'
import { PhoneNotice } from '../softphone/phone-notice.tsx'
import { type PagePhoneInUse, usePagePhone } from '../softphone/use-page-phone.ts'
import { isBellOn, ringBell } from './bell.ts'
import { CallDesk } from './call-desk.tsx'
import { PreviewDesk } from './preview-desk.tsx'
import { QuietDesk } from './quiet-desk.tsx'
import { SeatBar } from './seat-bar.tsx'
import { seatStoreOf } from './seat-store.ts'
import { phaseOf, type SeatPhase, type SeatView } from './seat-view.ts'
import type { CallLater } from './shared-number.tsx'
import { type SeatCommands, useSeatCommands } from './use-seat-commands.ts'
import './seat.css'

/** The agent's page: the seat, and the patient who is on it. */
export function SeatPage() {
  const connection = useConnection()
  const store = seatStoreOf(connection)
  const { view, error } = useSyncExternalStore(store.watch, store.state)
  const commands = useSeatCommands(store)
  const page = usePagePhone({ store, commands })
  // Of a seat that another window has taken, what this one was doing can be read and not gone on with.
  const isTaken = page.view.page === 'taken_over'
  const isHeldElsewhere = page.view.page === 'elsewhere' || page.view.page === 'refused'
  const trouble = error ?? (page.view.page === 'opening' ? page.view.error : null)
  return (
    <div className="seat" data-page={page.view.page}>
      {trouble !== null && (
        <Trouble error={trouble} onRetry={() => void (error === null ? page.phone.open() : store.load())} />
      )}
      <PhoneNotice phone={page.phone} view={page.view} />
      {view === null && trouble === null && !isHeldElsewhere && <Waiting />}
      {view !== null && !isHeldElsewhere && (
        <div className="seat-work" inert={isTaken}>
          <Seat view={view} page={page} commands={commands} />
        </div>
      )}
    </div>
  )
}

interface SeatProps {
  readonly view: SeatView
  readonly page: PagePhoneInUse
  readonly commands: SeatCommands
}

function Seat({ view, page, commands }: SeatProps) {
  const { t } = useTranslation()
  const phase = phaseOf(view)
  const { call, preview } = view
  // Which of the calls of this page had an outcome when the seat let go of them.
  const [settled, setSettled] = useState<ReadonlySet<string>>(new Set())
  // A patient on the number of a call, whom the agent wants to call when it is over.
  const [later, setLater] = useState<CallLater | null>(null)
  const called = call?.taskId
  useEffect(() => setLater((wanted) => (wanted?.taskId === called ? null : wanted)), [called])
  useTold(phase)
  return (
    <>
      <div className="sr-only" role="status" aria-live="assertive" data-announce>
        {t(`seat.announce.${phase}`)}
      </div>
      <SeatBar view={view} phase={phase} page={page} commands={commands} />
      <CommandRefused commands={commands} />
      {call === null && phase === 'previewing' && preview !== null && (
        <PreviewDesk
          key={preview}
          taskId={preview}
          since={view.since}
          commands={commands}
          later={later}
          onLater={setLater}
        />
      )}
      {call === null && phase !== 'previewing' && (
        <QuietDesk
          view={view}
          phase={phase}
          kind={page.view.kind}
          commands={commands}
          hadOutcome={(taskId) => settled.has(taskId)}
          later={later}
          onLater={setLater}
        />
      )}
      {call !== null && (
        <CallDesk
          key={call.attemptId}
          view={view}
          call={call}
          phase={phase}
          kind={page.view.kind}
          isOurs={page.view.page === 'ours'}
          commands={commands}
          later={later}
          onLater={setLater}
          onOutcome={() => setSettled((before) => new Set(before).add(call.taskId))}
        />
      )}
    </>
  )
}

/** What the server said to the last command, until it is closed or another is given. */
export function CommandRefused({
  commands: { error, dismiss },
}: {
  readonly commands: Pick<SeatCommands, 'error' | 'dismiss'>
}) {
  const { t } = useTranslation()
  if (error === null) return null
  const told = error instanceof RefusedError ? error : null
  return (
    <Alert
      type="error"
      showIcon
      role="alert"
      data-code={told?.code}
      title={told?.message ?? t('error.unknown')}
      description={
        <>
          {told?.next ?? t('error.unknownNext')}
          {told !== null && <span className="muted"> {t('seat.errorCode', { code: told.code })}</span>}
        </>
      }
      closable={{ closeIcon: true, onClose: dismiss, 'aria-label': t('seat.close') }}
    />
  )
}

/** The window's title says what is on, and an answered call may ring. */
function useTold(phase: SeatPhase): void {
  const { t } = useTranslation()
  const before = useRef(phase)
  useEffect(() => {
    if (phase === 'talking' && before.current === 'dialing' && isBellOn()) {
      ringBell(pagePhone().loudspeakers.open('ring'))
    }
    before.current = phase
  }, [phase])
  useEffect(() => {
    const product = t('product')
    const inCall = phase === 'dialing' || phase === 'talking' || phase === 'holding'
    document.title =
      inCall || phase === 'cut_off' || phase === 'wrap_up' ? `${t(`seat.title.${phase}`)} · ${product}` : product
    return () => {
      document.title = product
    }
  }, [phase, t])
}
