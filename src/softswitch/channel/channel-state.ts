/** What a channel's state machine does (`Channel-State`), and how its call stands (`Channel-Call-State`). */
import type { Channel } from './channel.ts'

const STATE_NUMBERS = {
  CS_NEW: 0,
  CS_INIT: 1,
  CS_ROUTING: 2,
  CS_SOFT_EXECUTE: 3,
  CS_EXECUTE: 4,
  CS_EXCHANGE_MEDIA: 5,
  CS_PARK: 6,
  CS_CONSUME_MEDIA: 7,
  CS_HIBERNATE: 8,
  CS_RESET: 9,
  CS_HANGUP: 10,
  CS_REPORTING: 11,
  CS_DESTROY: 12,
} as const

export type MachineState = keyof typeof STATE_NUMBERS

export function stateNumber(state: MachineState): number {
  return STATE_NUMBERS[state]
}

const CALL_STATE_NUMBERS = {
  DOWN: 0,
  RINGING: 2,
  EARLY: 3,
  ACTIVE: 4,
  HELD: 5,
  HANGUP: 7,
  UNHELD: 8,
} as const

export type CallState = keyof typeof CALL_STATE_NUMBERS

export class ChannelState {
  readonly #channel: Channel
  #machine: MachineState = 'CS_NEW'
  #ahead: MachineState | null = null
  #call: CallState = 'DOWN'

  constructor(channel: Channel) {
    this.#channel = channel
  }

  /**
   * What its state machine does. Between the hang-up and the end of what was running this is still the state before,
   * as on the real server; `Channel.up` and `Answer-State` say at once that it is over.
   */
  get machine(): MachineState {
    return this.#machine
  }

  /** Of the state that it is in, or on its way to: events of what ends meanwhile have the one's name, the other's number. */
  get number(): number {
    return STATE_NUMBERS[this.#ahead ?? this.#machine]
  }

  get call(): CallState {
    return this.#call
  }

  /** What runs ends first, then it enters that state. */
  headFor(state: MachineState): void {
    this.#ahead = state
  }

  enter(state: MachineState): void {
    this.#ahead = null
    this.#machine = state
    if (state === 'CS_ROUTING' && this.#channel.answeredAt === null) this.setCall('RINGING')
    this.#channel.fire('CHANNEL_STATE')
  }

  /** A transfer: the call is said to ring until it has found its way, answered or not. */
  enterRouting(): void {
    this.#ahead = 'CS_ROUTING'
    this.#machine = 'CS_ROUTING'
    this.setCall('RINGING')
    this.enter('CS_ROUTING')
  }

  /** The way is found. */
  enterExecute(): void {
    this.#machine = 'CS_EXECUTE'
    this.#ahead = 'CS_EXECUTE'
    if (this.#channel.answeredAt !== null) this.setCall('ACTIVE')
    this.enter('CS_EXECUTE')
  }

  setCall(state: CallState): void {
    const before = this.#call
    if (before === state || before === 'HANGUP') return
    this.#call = state
    this.#channel.fire('CHANNEL_CALLSTATE', (event) => {
      event.add('Original-Channel-Call-State', before)
      event.add('Channel-Call-State-Number', CALL_STATE_NUMBERS[state])
    })
  }

  /** The far end has put us on hold, or taken us back. */
  setHeld(held: boolean): void {
    if (held === (this.#call === 'HELD')) return
    this.#channel.fire(held ? 'CHANNEL_HOLD' : 'CHANNEL_UNHOLD')
    this.setCall(held ? 'HELD' : 'UNHELD')
    if (!held) this.setCall('ACTIVE')
  }

  /** We have put the far end on hold, or taken it back (`uuid_hold`). */
  setHolding(holding: boolean): void {
    this.setCall(holding ? 'HELD' : 'UNHELD')
    this.#channel.fire(holding ? 'CHANNEL_HOLD' : 'CHANNEL_UNHOLD')
    if (!holding) this.setCall('ACTIVE')
  }
}
