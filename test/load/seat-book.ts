import { machineNow } from './machine-clock.ts'
import type { FromTonePhones } from './tone-phones-process.ts'

/** One call as telephones and page had it; instants of the machine's clock, `…WallAt` of the other one. */
export interface SeenCall {
  readonly attemptId: string
  patientHz: number
  answeredAt: number | null
  answeredWallAt: number
  extension: string | null
  /** The seat's page has the pop, marked answered. */
  popAt: number | null
  popWallAt: number
  /** The patient's receiver has the agent's tone, and which it was. */
  patientHeard: { readonly hz: number; readonly at: number } | null
  /** The agent's has the patient's. */
  agentHeard: { readonly hz: number; readonly at: number } | null
  over: boolean
}

/**
 * What three witnesses tell of each call: the patients' telephones, the agents' telephones, the agents' pages. Telephones
 * name the attempt or their extension; which attempt is at an extension, the page said when it was reserved.
 */
export class SeatBook {
  readonly calls = new Map<string, SeenCall>()
  readonly faults: string[] = []
  /** From then on telephones may be hung up: the house closes. */
  isOver = false
  /** What each agent hums. */
  readonly #agentHz = new Map<string, number>()
  readonly #atExtension = new Map<string, SeenCall>()
  readonly #waiting = new Map<SeenCall, () => void>()

  patientTold = (told: Exclude<FromTonePhones, { type: 'open' }>): void => {
    const call = this.#call(told.who)
    if (told.type === 'answered') {
      call.answeredAt = told.at
      call.answeredWallAt = told.wallAt
      call.patientHz = told.hz
    } else if (told.type === 'heard') call.patientHeard ??= { hz: told.hz, at: told.at }
    else call.over = true
    this.#look(call)
  }

  agentTold = (told: Exclude<FromTonePhones, { type: 'open' }>): void => {
    if (told.type === 'answered') this.#agentHz.set(told.who, told.hz)
    if (told.type === 'ended' && !this.isOver) this.faults.push(`the telephone ${told.who} was hung up`)
    if (told.type !== 'heard') return
    const call = this.#atExtension.get(told.who)
    if (call === undefined) this.faults.push(`the telephone ${told.who} heard ${told.hz} Hz without a call`)
    else {
      call.agentHeard ??= { hz: told.hz, at: told.at }
      this.#look(call)
    }
  }

  reserved(extension: string, attemptId: string): void {
    const call = this.#call(attemptId)
    call.extension = extension
    this.#atExtension.set(extension, call)
  }

  popped(attemptId: string): void {
    const call = this.#call(attemptId)
    call.popAt = machineNow()
    call.popWallAt = Date.now()
    this.#look(call)
  }

  /** Resolves when pop and both tones are there, or after `limitMs`. */
  async whole(attemptId: string, limitMs: number): Promise<void> {
    const call = this.#call(attemptId)
    const { promise, resolve } = Promise.withResolvers<void>()
    const limit = setTimeout(resolve, limitMs)
    this.#waiting.set(call, resolve)
    this.#look(call)
    await promise
    clearTimeout(limit)
    this.#waiting.delete(call)
  }

  /** What is wrong with a call whose time is over. */
  faultsOf(call: SeenCall): string[] {
    const { attemptId, extension, answeredAt, popAt, patientHeard, agentHeard, patientHz } = call
    const wrong: string[] = []
    if (answeredAt === null) wrong.push('its patient was never called')
    if (popAt === null) wrong.push('no page heard of its answer')
    const agentHz = this.#agentHz.get(extension ?? '')
    if (patientHeard?.hz !== agentHz) wrong.push(`its patient heard ${patientHeard?.hz} Hz for ${agentHz}`)
    if (agentHeard?.hz !== patientHz) wrong.push(`its agent heard ${agentHeard?.hz} Hz for ${patientHz}`)
    return wrong.map((fault) => `attempt ${attemptId}: ${fault}`)
  }

  #call(attemptId: string): SeenCall {
    const known = this.calls.get(attemptId)
    if (known !== undefined) return known
    const call: SeenCall = {
      attemptId,
      patientHz: 0,
      answeredAt: null,
      answeredWallAt: 0,
      extension: null,
      popAt: null,
      popWallAt: 0,
      patientHeard: null,
      agentHeard: null,
      over: false,
    }
    this.calls.set(attemptId, call)
    return call
  }

  #look(call: SeenCall): void {
    if (call.popAt !== null && call.patientHeard !== null && call.agentHeard !== null) this.#waiting.get(call)?.()
  }
}
