import type { Clock, Timer } from '#platform/clock.ts'
import { type Log, logError, silentLog } from '#platform/log.ts'
import type { Digit, PatientLeg } from '#telephony/telephony.ts'
import type { FlowOutcome } from '../calls/call-event.ts'
import type { Flow } from './flow.ts'
import {
  type FlowCommand,
  type FlowInput,
  type FlowRecord,
  type FlowState,
  isOver,
  startFlow,
  step,
} from './flow-machine.ts'
import type { Variables } from './json.ts'
import type { PromptBook } from './prompt-library.ts'
import { Speaker } from './speaker.ts'

export interface FlowRunOptions {
  readonly leg: PatientLeg
  readonly flow: Flow
  readonly variables: Variables
  readonly prompts: PromptBook
  readonly clock: Clock
  /** In order, each once, in the same turn of the event loop as what caused it. Must not throw. */
  readonly onRecord: (record: FlowRecord) => void
  /**
   * Has the patient wait for an agent of the queue (null: the call's own), and resolves when one has the patient (true) or
   * nobody was to be had (false; the leg is then alone with the machine again). Must not reject. Absent: nobody ever is.
   */
  readonly transfer?: (queue: string | null) => Promise<boolean>
  /** Already carries attempt and call id. */
  readonly log?: Log
}

export interface FlowSummary {
  /** Null where an agent has taken the patient over: the agent says it. */
  readonly outcome: FlowOutcome | null
  readonly answered: number
  readonly total: number
  readonly lastNode: string | null
  readonly handedOver: boolean
  /** The flow's variables at its end. */
  readonly variables: Variables
  /** Why the flow had to be ended: a prompt that could not be played. Nothing is being said; the patient waits for a word. Null when it ended by itself. */
  readonly error: unknown
}

/**
 * A key's length is counted in whole packets, so it may say up to one packet more than the key was held
 * (RFC 4733 §2.3.5; 20 ms).
 */
const packetMs = 20

/**
 * Lets an answered patient and a flow talk: plays what the machine says, tells it keys and silence, writes down what
 * it records. The first prompt's play command leaves before this returns.
 * Resolves when the flow is over or the leg has ended; never rejects. The leg stays the caller's: it stops the
 * recording and hangs up.
 */
export function runFlow(options: FlowRunOptions): Promise<FlowSummary> {
  return new FlowRun(options).done
}

class FlowRun {
  readonly done: Promise<FlowSummary>
  readonly #leg: PatientLeg
  readonly #flow: Flow
  readonly #prompts: PromptBook
  readonly #clock: Clock
  readonly #log: Log
  readonly #onRecord: FlowRunOptions['onRecord']
  readonly #transfer: NonNullable<FlowRunOptions['transfer']>
  readonly #speaker: Speaker
  #state: FlowState
  #timer: Timer | undefined
  #begunAtMs = 0
  #error: unknown = null
  #handedOver = false
  #finished = false
  #resolve: (summary: FlowSummary) => void = () => {}

  constructor(options: FlowRunOptions) {
    const { leg, flow, variables, prompts, clock, onRecord, transfer, log } = options
    this.#leg = leg
    this.#flow = flow
    this.#prompts = prompts
    this.#clock = clock
    this.#log = log ?? silentLog
    this.#onRecord = onRecord
    this.#transfer = transfer ?? (async () => false)
    this.#state = startFlow(variables)
    this.#speaker = new Speaker(leg, {
      onBegun: () => {
        this.#begunAtMs = this.#clock.uptimeMs()
        this.#feed({ type: 'begun' })
      },
      onPlayed: () => this.#feed({ type: 'played' }),
      onFailed: (error) => this.#giveUp(error),
    })
    this.done = new Promise((resolve) => {
      this.#resolve = resolve
    })
    leg.onDigit((digit) => this.#digit(digit))
    leg.ended.then(
      () => this.#farEndGone(),
      (error: unknown) => this.#giveUp(error),
    )
    if (leg.end !== null) this.#farEndGone()
    else this.#feed({ type: 'start' })
  }

  #digit({ digit, durationMs }: Digit): void {
    const pressedAtMs = this.#clock.uptimeMs() - Math.max(0, durationMs - packetMs)
    this.#feed({ type: 'digit', digit, early: pressedAtMs < this.#begunAtMs })
  }

  #feed(input: FlowInput): void {
    if (isOver(this.#state)) return
    const { state, commands } = step(this.#flow, this.#state, input)
    // Before the commands: a play begins at once, and that is the next input.
    this.#state = state
    for (const command of commands) this.#do(command)
  }

  #do(command: FlowCommand): void {
    if (this.#finished) return
    switch (command.type) {
      case 'play':
        this.#play(command.prompts)
        return
      case 'stop':
        this.#speaker.stop()
        return
      case 'flush':
        // Keys reach us as events, so nothing waits for this: it keeps the server's queue empty.
        this.#leg.flushDigits().catch((error: unknown) => logError(this.#log, error, 'digits not flushed'))
        return
      case 'timer':
        this.#wait(command.ms)
        return
      case 'record':
        this.#onRecord(command.event)
        return
      case 'transfer':
        void this.#handOver(command.queue)
        return
      case 'hangup':
        this.#finish()
        return
    }
  }

  async #handOver(queue: string | null): Promise<void> {
    const taken = await this.#transfer(queue)
    if (isOver(this.#state)) return
    this.#handedOver = taken
    this.#feed({ type: 'transferred', taken })
    if (taken) this.#finish()
  }

  #play(prompts: readonly string[]): void {
    try {
      this.#speaker.play(prompts.map((prompt) => this.#prompts.resolve(prompt)))
    } catch (error) {
      this.#giveUp(error)
    }
  }

  #wait(ms: number | null): void {
    this.#clock.clearTimeout(this.#timer)
    this.#timer = ms === null ? undefined : this.#clock.setTimeout(() => this.#feed({ type: 'timeout' }), ms)
  }

  /** What cannot be said cannot be asked: least of all may a call go on whose recording notice was not heard. */
  #giveUp(error: unknown): void {
    if (isOver(this.#state)) return
    this.#error = error
    logError(this.#log, error, 'flow given up')
    this.#feed({ type: 'speechless' })
    this.#wait(null)
    // Whoever ends the call says why, and two may not speak at once.
    void this.#speaker.silenced().then(() => this.#finish())
  }

  #farEndGone(): void {
    if (this.#finished) return
    this.#feed({ type: 'hangup' })
    this.#finish()
  }

  #finish(): void {
    if (this.#finished) return
    this.#finished = true
    this.#wait(null)
    this.#speaker.close()
    const { outcome, progress, nodeId } = this.#state
    const summary: FlowSummary = {
      outcome: outcome ?? (this.#handedOver ? null : 'partial'),
      answered: progress.answered,
      total: progress.total,
      lastNode: nodeId,
      handedOver: this.#handedOver,
      variables: this.#state.variables,
      error: this.#error,
    }
    this.#resolve(summary)
  }
}
