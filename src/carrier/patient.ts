/**
 * One patient on the telephone: listens, and decides every 20 ms what to do. A state machine without I/O: time and
 * sound come in, keys and hanging up go out.
 *
 * The patient does not know the questionnaire. It listens to a prompt for as long as its behaviour says, or until the
 * voice has been quiet for a while, presses a key, and listens afresh to what is said then. It goes on so until the
 * other side hangs up.
 */
import type { Conversation } from './behaviours.ts'
import type { Chance } from './chance.ts'
import type { Ear } from './ear.ts'

export interface PatientActions {
  /** @param slip pressed by mistake; the right key follows when the prompt is heard again */
  press(key: string, detail: { readonly listenedMs: number; readonly slip: boolean }): void
  hangUp(why: 'left' | 'enough' | 'silence' | 'too_long'): void
}

/** A prompt is over when the voice has been quiet for so long: longer than the pauses within speech. */
const endOfPromptMs = 1_500
/** A key is held for 100 ms; what is heard in this time after it is still the old prompt. */
const keyEffectMs = 350
/** Who has had enough says nothing more and puts the receiver down. */
const hangUpPauseMs = 700
/** A line on which nobody ever speaks is left. */
const deadLineMs = 20_000
const longestCallMs = 180_000

export class Patient {
  readonly #conversation: Conversation
  readonly #chance: Chance
  readonly #ear: Ear
  readonly #actions: PatientActions
  readonly #answeredAt: number
  readonly #leavesAt: number | undefined
  /** Prompts answered so far. */
  #prompt = 0
  #slipped = false
  #wantMs: number
  #over = false

  /** @param now milliseconds; the moment of the answer */
  constructor(conversation: Conversation, chance: Chance, ear: Ear, actions: PatientActions, now: number) {
    this.#conversation = conversation
    this.#chance = chance
    this.#ear = ear
    this.#actions = actions
    this.#answeredAt = now
    const { hangUpAfterMs } = conversation
    this.#leavesAt = hangUpAfterMs === undefined ? undefined : now + chance.within(hangUpAfterMs)
    this.#wantMs = this.#patience()
  }

  /** Once every 20 ms. */
  tick(now: number): void {
    if (this.#over) return
    if (this.#leavesAt !== undefined && now >= this.#leavesAt) this.#leave('left')
    else if (now - this.#answeredAt > longestCallMs) this.#leave('too_long')
    else if (!this.#ear.heardAnything && now - this.#answeredAt > deadLineMs) this.#leave('silence')
    else if (this.#conversation.keys.length > 0) this.#listen(now)
  }

  #listen(now: number): void {
    const enough = this.#conversation.hangUpAfterKeys
    const listened = this.#ear.listenedMs(now)
    if (enough !== undefined && this.#prompt >= enough) {
      if (listened >= hangUpPauseMs) this.#leave('enough')
      return
    }
    if (this.#prompt >= (this.#conversation.mostKeys ?? Number.POSITIVE_INFINITY)) return
    const promptOver = listened > 0 && this.#ear.silentMs(now) >= endOfPromptMs
    if (listened >= this.#wantMs || promptOver) this.#press(now, listened)
  }

  #press(now: number, listenedMs: number): void {
    const { keys, slips } = this.#conversation
    const slip = slips !== undefined && !this.#slipped && this.#chance.next() < slips.share
    const choice = slip ? slips.keys : (keys[Math.min(this.#prompt, keys.length - 1)] ?? {})
    const key = this.#chance.pick(choice)
    if (key === undefined) return
    // One slip a prompt: it is asked again, and then answered.
    this.#slipped = slip
    if (!slip) this.#prompt++
    this.#wantMs = this.#patience()
    this.#ear.listenAfresh(now + keyEffectMs)
    this.#actions.press(key, { listenedMs: Math.round(listenedMs), slip })
  }

  #patience(): number {
    const { listenMs } = this.#conversation
    const range = listenMs[Math.min(this.#prompt, listenMs.length - 1)]
    return range === undefined ? 0 : this.#chance.within(range)
  }

  #leave(why: Parameters<PatientActions['hangUp']>[0]): void {
    this.#over = true
    this.#actions.hangUp(why)
  }
}
