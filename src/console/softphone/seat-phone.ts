import { RefusedError } from '../api/request.ts'
import { MicrophoneError, type MicrophoneFault, type MicrophoneSource } from './microphone.ts'
import type { SipAccount, SipPhone, SipPhoneListener } from './sip-phone.ts'

/** Whose the seat is: one page at a time works it. */
export type PageState =
  /** The server has not said yet. */
  | 'opening'
  | 'ours'
  /** Another window had it before this one. */
  | 'elsewhere'
  /** Another window has taken it from this one. */
  | 'taken_over'
  /** The server refuses; `error` says why. */
  | 'refused'

/** How far the way to the seat's leg has been gone. */
export type PhoneLink =
  /** Not begun: nobody has signed in. */
  | 'off'
  | 'connecting'
  | 'registered'
  | 'calling'
  | 'up'
  /** It was lost, and is tried again. */
  | 'waiting'

export type PhoneFault =
  | `microphone_${MicrophoneFault}`
  /** The microphone was pulled out in a call: the leg goes on, and silence is sent. */
  | 'microphone_lost'
  /** The server refused the telephone or its call. */
  | 'phone_refused'

export interface SeatPhoneView {
  readonly page: PageState
  /** `desk`: the agent speaks through a telephone of its own, and nothing here is used. */
  readonly kind: 'unknown' | 'desk' | 'browser'
  readonly link: PhoneLink
  readonly fault: PhoneFault | null
  /** Why the seat could not be opened. */
  readonly error: unknown
  /** Attempts since the leg was up. */
  readonly attempts: number
  /** The agent's own switch. */
  readonly muted: boolean
  /** Whether what the microphone hears leaves the page now. */
  readonly sends: boolean
  readonly voice: MediaStream | null
}

/** What the seat's page has to do with besides the telephone. Times in milliseconds. */
export interface SeatPhoneParts {
  /** Makes this page the seat's. @throws RefusedError */
  readonly openSeat: (options: { readonly takeOver: boolean }) => Promise<SipAccount | null>
  readonly makePhone: (account: SipAccount, listener: SipPhoneListener) => Promise<SipPhone>
  readonly microphone: MicrophoneSource
  readonly silence: () => MediaStreamTrack | null
  readonly setTimeout: (run: () => void, ms: number) => unknown
  readonly clearTimeout: (timer: unknown) => void
}

const backOffMs = [500, 1_000, 2_000, 4_000, 8_000]
const nothing: SeatPhoneView = {
  page: 'opening',
  kind: 'unknown',
  link: 'off',
  fault: null,
  error: null,
  attempts: 0,
  muted: false,
  sends: false,
  voice: null,
}

/**
 * The seat's telephone in this page: opens the seat, registers, calls in when a leg is wanted, and comes back after
 * whatever took it away, by the events of socket, network and media. It decides nothing about calls: how long a lost
 * leg is waited for is the server's.
 * Source: requirements A01 (one page a seat, taken over explicitly), A02, A19.
 */
export class SeatPhone {
  readonly #parts: SeatPhoneParts
  readonly #listeners = new Set<() => void>()
  #view = nothing
  #phone: SipPhone | null = null
  #track: MediaStreamTrack | null = null
  #wanted = false
  #speaks = true
  #registered = false
  /** The browser is asking for the microphone. */
  #asking = false
  #timer: unknown
  /** What is under way belongs to this; a later one makes it void. */
  #opening = 0

  constructor(parts: SeatPhoneParts) {
    this.#parts = parts
    parts.microphone.onLost = () => void this.#microphoneLost()
    parts.microphone.onChange = () => void this.#microphoneMayBeBack()
  }

  /** For useSyncExternalStore. */
  readonly watch = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly view = (): SeatPhoneView => this.#view

  /** Makes this page the seat's, if it is not yet; what came of it stands in the view. */
  async open({ takeOver = false }: { readonly takeOver?: boolean } = {}): Promise<void> {
    this.#opening += 1
    const mine = this.#opening
    this.#endPhone()
    const isFirst = this.#view.page !== 'ours'
    if (isFirst) this.#set({ page: 'opening', error: null })
    try {
      const account = await this.#parts.openSeat({ takeOver })
      if (mine !== this.#opening) return
      this.#set({ page: 'ours', kind: account === null ? 'desk' : 'browser', error: null })
      if (account !== null) await this.#connect(account, mine)
    } catch (error) {
      if (mine === this.#opening) this.#openingFailed(error)
    }
  }

  /** Another page has the seat now, as the seat's stream says. */
  taken(): void {
    if (this.#view.page !== 'ours') return
    this.#opening += 1
    this.#endPhone()
    this.#parts.microphone.close()
    this.#set({ page: 'taken_over', link: 'off', fault: null })
  }

  /** Whether the leg is to be up: from sign-in to sign-out. */
  want(leg: boolean): void {
    if (this.#wanted === leg) return
    this.#wanted = leg
    if (leg) return void this.#callIn()
    this.#stopWaiting()
    this.#phone?.hangUp()
    this.#parts.microphone.close()
    this.#track = null
    this.#set({ link: this.#registered ? 'registered' : 'off', fault: null, voice: null, attempts: 0 })
  }

  get isWanted(): boolean {
    return this.#wanted
  }

  mute(muted: boolean): void {
    this.#set({ muted })
    this.#openMicrophone()
  }

  /** A supervisor who listens speaks to nobody, whatever the switch says. */
  speaks(speaks: boolean): void {
    if (this.#speaks === speaks) return
    this.#speaks = speaks
    this.#openMicrophone()
  }

  /** Takes the microphone anew: another was chosen, or it may be used now. */
  async takeMicrophone(): Promise<void> {
    if (!this.#wanted) return
    if (this.#view.link !== 'up') return this.tryNow()
    try {
      this.#track = await this.#parts.microphone.open()
      this.#phone?.replace(this.#track)
      this.#set({ fault: null })
    } catch (error) {
      this.#set({ fault: faultOf(error) })
    }
  }

  /** The network is back, or the person has put right what was wrong: not waiting any longer. */
  async tryNow(): Promise<void> {
    this.#stopWaiting()
    this.#set({ attempts: 0, fault: this.#view.link === 'up' ? this.#view.fault : null })
    const { page, kind } = this.#view
    if (page === 'elsewhere' || page === 'taken_over') return
    if (page !== 'ours' || (kind === 'browser' && this.#phone === null)) return this.open()
    if (kind === 'desk' || this.#phone?.isHeard) return
    if (this.#registered) await this.#callIn()
    else this.#phone?.reconnect()
  }

  /** The page goes away: the leg's end is said now, the server would notice it only after 5 s. */
  leave(): void {
    this.#phone?.hangUp()
    this.#set({ link: 'waiting', voice: null })
  }

  close(): void {
    this.#opening += 1
    this.#wanted = false
    this.#speaks = true
    this.#endPhone()
    this.#parts.microphone.close()
    this.#set(nothing)
  }

  #openingFailed(error: unknown): void {
    const refusal = error instanceof RefusedError ? error : null
    if (refusal?.code === 'SEAT_OPEN_ELSEWHERE') {
      const page = this.#view.page === 'ours' ? 'taken_over' : 'elsewhere'
      this.#parts.microphone.close()
      this.#set({ page, link: 'off', fault: null, error: null })
      return
    }
    // No answer, too many requests, and the server's own faults may pass.
    if (refusal === null || refusal.status === 0 || refusal.status === 429 || refusal.status >= 500) {
      this.#set({ error, link: this.#wanted ? 'waiting' : 'off' })
      this.#later(() => this.open())
      return
    }
    this.#set({ page: 'refused', error, link: 'off' })
  }

  async #connect(account: SipAccount, mine: number): Promise<void> {
    this.#set({ link: 'connecting' })
    const listener = this.#listen(() => mine === this.#opening)
    const phone = await this.#parts.makePhone(account, listener)
    if (mine !== this.#opening) return phone.close()
    this.#phone = phone
    phone.open(this.#mayBeHeard)
    phone.start()
  }

  #listen(isPresent: () => boolean): SipPhoneListener {
    const present =
      <Args extends readonly unknown[]>(act: (...args: Args) => void) =>
      (...args: Args) => {
        if (isPresent()) act(...args)
      }
    return {
      onRegistered: present(() => {
        this.#registered = true
        this.#stopWaiting()
        // A leg from which something comes has lived through the cut.
        if (this.#phone?.isHeard) return this.#set({ link: 'up' })
        this.#set({ link: 'registered', voice: null })
        void this.#callIn()
      }),
      onSocketLost: present(() => {
        this.#registered = false
        if (!this.#phone?.isHeard) this.#set({ link: this.#wanted ? 'waiting' : 'connecting', voice: null })
      }),
      onRefused: present(() => {
        this.#registered = false
        this.#endPhone()
        this.#set({ link: 'waiting', voice: null })
        this.#later(() => this.open())
      }),
      onUp: present((voice: MediaStream) => {
        this.#stopWaiting()
        this.#set({ link: 'up', voice, attempts: 0, fault: null })
        this.#openMicrophone()
      }),
      onDown: present((status: number | null) => {
        this.#set({ link: this.#registered ? 'registered' : 'waiting', voice: null })
        if (!this.#wanted) return
        const isRefused = status === 401 || status === 403 || status === 407
        this.#set({ link: 'waiting', fault: isRefused ? 'phone_refused' : this.#view.fault })
        // With the same password it would be refused again.
        this.#later(() => (isRefused ? this.open() : this.#callIn()))
      }),
      onSilence: present(() => {
        this.#set({ link: 'waiting' })
        this.#phone?.reconnect()
      }),
    }
  }

  async #callIn(): Promise<void> {
    const phone = this.#phone
    if (!this.#wanted || !this.#registered || phone === null || this.#asking || this.#view.link === 'calling') return
    this.#asking = true
    try {
      this.#track ??= await this.#parts.microphone.open()
    } catch (error) {
      this.#set({ fault: faultOf(error) })
      return
    } finally {
      this.#asking = false
    }
    // Asking takes as long as a person does.
    if (phone !== this.#phone) return this.#callIn()
    if (!this.#wanted || !this.#registered) return
    this.#set({ link: 'calling', fault: null })
    phone.call(this.#track)
  }

  async #microphoneLost(): Promise<void> {
    this.#track = null
    if (!this.#wanted) return
    try {
      const track = await this.#parts.microphone.open()
      this.#track = track
      this.#phone?.replace(track)
    } catch {
      const silence = this.#view.link === 'up' ? this.#parts.silence() : null
      if (silence !== null) this.#phone?.replace(silence)
      this.#set({ fault: 'microphone_lost' })
    }
  }

  async #microphoneMayBeBack(): Promise<void> {
    if (this.#view.fault?.startsWith('microphone_')) await this.takeMicrophone()
  }

  get #mayBeHeard(): boolean {
    return this.#speaks && !this.#view.muted
  }

  #openMicrophone(): void {
    this.#phone?.open(this.#mayBeHeard)
    this.#set({})
  }

  #endPhone(): void {
    this.#stopWaiting()
    this.#phone?.close()
    this.#phone = null
    this.#registered = false
    this.#track = null
    this.#set({ voice: null })
  }

  #later(run: () => Promise<void>): void {
    this.#stopWaiting()
    const { attempts } = this.#view
    this.#set({ attempts: attempts + 1 })
    const ms = backOffMs[Math.min(attempts, backOffMs.length - 1)] ?? 8_000
    this.#timer = this.#parts.setTimeout(() => {
      this.#timer = undefined
      void run()
    }, ms)
  }

  #stopWaiting(): void {
    this.#parts.clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #set(change: Partial<SeatPhoneView>): void {
    const view = { ...this.#view, ...change }
    this.#view = { ...view, sends: view.link === 'up' && this.#speaks && !view.muted && view.fault === null }
    for (const listener of this.#listeners) listener()
  }
}

function faultOf(error: unknown): PhoneFault {
  return error instanceof MicrophoneError ? `microphone_${error.fault}` : 'microphone_none'
}
