import { Alert, Button } from 'antd'
import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react'
import { useTranslation } from 'react-i18next'
import { RefusedError } from '../api/request.ts'
import { useConnection } from '../app/connection-state.tsx'
import { Waiting } from '../app/page-states.tsx'
import { Trouble } from '../app/trouble.tsx'
import { isBellOn, ringBell } from './bell.ts'
import { CallDesk } from './call-desk.tsx'
import { useOtherTab } from './other-tab.ts'
import { QuietDesk } from './quiet-desk.tsx'
import { SeatBar } from './seat-bar.tsx'
import { SeatStore } from './seat-store.ts'
import { phaseOf, type SeatPhase, type SeatView } from './seat-view.ts'
import { type SeatCommands, useSeatCommands } from './use-seat-commands.ts'
import './seat.css'

/** The agent's page: the seat, and the patient who is on it. */
export function SeatPage() {
  const connection = useConnection()
  const store = useMemo(() => new SeatStore(connection), [connection])
  const { known, view, error } = useSyncExternalStore(store.watch, store.state)
  const commands = useSeatCommands(store)
  const reload = () => void store.load()
  if (!known) return error === null ? <Waiting /> : <Trouble error={error} onRetry={reload} />
  return (
    <div className="seat">
      {error !== null && <Trouble error={error} onRetry={reload} />}
      {view === null ? <NoSeat commands={commands} /> : <Seat view={view} commands={commands} />}
    </div>
  )
}

/** The seat comes with the phone; until then there is nothing to show and no stream to read. */
function NoSeat({ commands }: { readonly commands: SeatCommands }) {
  const { t } = useTranslation()
  const ringing = commands.pending === 'sign-in'
  return (
    <>
      <CommandRefused commands={commands} />
      <section className="panel quiet" data-phase="no_seat" aria-labelledby="quiet-title">
        <h2 id="quiet-title">{t('seat.notAgent')}</h2>
        <p role="status">{t(ringing ? 'seat.signingIn' : 'seat.notAgentNext')}</p>
        <p>
          <Button type="primary" size="large" loading={ringing} onClick={() => commands.run({ type: 'sign-in' })}>
            {t('seat.signIn')}
          </Button>
        </p>
      </section>
    </>
  )
}

function Seat({ view, commands }: { readonly view: SeatView; readonly commands: SeatCommands }) {
  const { t } = useTranslation()
  const phase = phaseOf(view)
  const otherTab = useOtherTab()
  const { call } = view
  // Which of the calls of this page had an outcome when the seat let go of them.
  const [settled, setSettled] = useState<ReadonlySet<string>>(new Set())
  useTold(phase)
  return (
    <>
      <div className="sr-only" role="status" aria-live="assertive" data-announce>
        {t(`seat.announce.${phase}`)}
      </div>
      <SeatBar view={view} phase={phase} commands={commands} />
      {otherTab && <Alert type="info" showIcon title={t('seat.otherTab')} data-notice="other-tab" />}
      <CommandRefused commands={commands} />
      {call === null ? (
        <QuietDesk view={view} phase={phase} hadOutcome={(taskId) => settled.has(taskId)} />
      ) : (
        <CallDesk
          key={call.attemptId}
          view={view}
          call={call}
          phase={phase}
          commands={commands}
          isSharedPage={otherTab}
          onOutcome={() => setSettled((before) => new Set(before).add(call.taskId))}
        />
      )}
    </>
  )
}

/** What the server said to the last command, until it is closed or another is given. */
function CommandRefused({ commands: { error, dismiss } }: { readonly commands: SeatCommands }) {
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
    if (phase === 'talking' && before.current === 'dialing' && isBellOn()) ringBell()
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
