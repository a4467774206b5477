import { useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { useConnectionState } from '../app/connection-state.tsx'
import type { SupervisionMode } from '../seat/seat-api.ts'
import type { SeatStore } from '../seat/seat-store.ts'
import type { SeatCommands } from '../seat/use-seat-commands.ts'
import { pagePhone } from './page-phone.ts'
import type { SeatPhone, SeatPhoneView } from './seat-phone.ts'

export interface PagePhoneInUse {
  readonly phone: SeatPhone
  readonly view: SeatPhoneView
  readonly signIn: SignIn
}

/** The way to being signed in: first the telephone, then the seat. */
export interface SignIn {
  readonly run: () => void
  readonly cancel: () => void
  /** Since `run`, until the server has taken it. */
  readonly isUnderWay: boolean
}

export interface PagePhoneOptions {
  /** Read while this page has the seat. */
  readonly store: SeatStore
  readonly commands: SeatCommands
  /** Of a page that may do without: whether it wants the seat. */
  readonly opens?: boolean
  /** Of a supervisor: how they are in an agent's call, null for not at all. */
  readonly supervises?: SupervisionMode | null
}

/** The page's telephone, doing what the seat is told: it calls in from sign-in to sign-out and gives way to another page. */
export function usePagePhone({ store, commands, opens = true, supervises }: PagePhoneOptions): PagePhoneInUse {
  const { phone, pageId } = pagePhone()
  const view = useSyncExternalStore(phone.watch, phone.view)
  const { view: seat } = useSyncExternalStore(store.watch, store.state)
  const isSeated = seat !== null && seat.status !== 'signed_out'
  const signIn = useSignIn(view, isSeated, commands)
  const connected = useConnectionState() === 'connected'
  const isOurs = view.page === 'ours'

  useEffect(() => {
    if (opens && phone.view().page !== 'ours') void phone.open()
  }, [phone, opens])
  useEffect(() => {
    if (isOurs) store.open()
    else store.close()
  }, [isOurs, store])
  const holder = seat?.pageId ?? null
  useEffect(() => {
    if (holder !== null && holder !== pageId) phone.taken()
  }, [holder, pageId, phone])
  useEffect(() => {
    // Before the seat is read nobody knows: what is up stays up.
    if (seat !== null) phone.want(view.kind === 'browser' && isOurs && (isSeated || signIn.isUnderWay))
  }, [phone, view.kind, isOurs, seat, isSeated, signIn.isUnderWay])
  // A supervisor is heard only where they coach or barge, and with a patient whom they have taken over.
  const listens = seat?.statusReason === 'supervising' || supervises !== undefined
  const isHeard = !listens || supervises === 'coach' || supervises === 'barge' || (seat?.call ?? null) !== null
  useEffect(() => phone.speaks(isHeard), [phone, isHeard])
  // The one socket is back: so is the network for the other.
  useEffect(() => {
    if (connected && phone.view().link === 'waiting') void phone.tryNow()
  }, [connected, phone])
  return { phone, view, signIn }
}

function useSignIn({ kind, link, page }: SeatPhoneView, isSeated: boolean, commands: SeatCommands): SignIn {
  const [asked, setAsked] = useState(false)
  const command = useRef<'none' | 'sent' | 'under_way'>('none')
  const { run, pending, error } = commands
  // The server answers a call in and the word of it together, in either order; the microphone is there by then.
  const ready = asked && page === 'ours' && (kind === 'desk' || link === 'calling' || link === 'up')
  useEffect(() => {
    if (!ready || command.current !== 'none') return
    command.current = 'sent'
    run({ type: 'sign-in' })
  }, [ready, run])
  useEffect(() => {
    if (pending === 'sign-in') command.current = 'under_way'
    else if (command.current === 'under_way' && (isSeated || error !== null)) {
      // Only when the seat's stream has said so as well: the leg must not end between the two.
      command.current = 'none'
      setAsked(false)
    }
  }, [pending, isSeated, error])
  return {
    run: () => setAsked(true),
    cancel: () => setAsked(false),
    isUnderWay: asked || pending === 'sign-in',
  }
}
