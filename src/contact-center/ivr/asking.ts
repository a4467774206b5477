import { reservedKeys } from './flow-definition.ts'
import type { FlowCommand } from './flow-machine.ts'

/**
 * One question put to a person who has only keys: its prompt, the keys, asking again, giving up. Menus, number
 * entries and the questions of a survey are all asked this way, so that they behave alike.
 * Source: requirements E04, E06, E08, E09, E13; architecture §4 (the application owns the digits).
 */
export interface Ask {
  readonly prompts: readonly string[]
  readonly questionId: string | null
  readonly keys: AskedKeys
  /** Said before the question is put again. */
  readonly noInput: readonly string[]
  readonly invalid: readonly string[]
  readonly noInputMs: number
  readonly interDigitMs: number
  readonly maxFailures: number
}

export type AskedKeys =
  /** One key of these answers; `*` repeats, `0` asks for an agent and `9` means no more calls. */
  | { readonly take: 'one'; readonly of: readonly string[] }
  /** Keys of these up to `#` or a pause; here no key has a meaning of its own. */
  | { readonly take: 'some'; readonly of: readonly string[]; readonly maxLength: number }

/** Where the asking stands. */
export interface Asking {
  readonly ask: Ask
  /** Entered so far (`some` only). */
  readonly entered: string
  readonly failures: number
  readonly repeats: number
  /**
   * The question has begun to be heard. A key from before is not an answer to it; from then on every key counts, also
   * while the question is being put again.
   */
  readonly heard: boolean
  readonly playing: boolean
}

export type AskingStep =
  | { readonly type: 'on'; readonly asking: Asking; readonly commands: readonly FlowCommand[]; readonly taken: boolean }
  | { readonly type: 'answered'; readonly keys: string; readonly taken: boolean }
  | { readonly type: 'gave_up'; readonly taken: boolean }
  /** `9`: the machine asks whether it was meant. */
  | { readonly type: 'opt_out'; readonly asking: Asking; readonly taken: boolean }
  /** `0`: an agent is asked for. */
  | { readonly type: 'operator'; readonly taken: boolean }

/** `*` (and a `9` taken back) put the question again this often; afterwards they count as wrong keys. */
const maxRepeats = 5

export function beginAsking(ask: Ask): { asking: Asking; commands: readonly FlowCommand[] } {
  const asking: Asking = { ask, entered: '', failures: 0, repeats: 0, heard: false, playing: true }
  return { asking, commands: [play(ask.prompts)] }
}

/**
 * @param early the key went down before the last play command's prompt began
 * @param optOut the flow knows what `9` means
 * @param operator the flow knows what `0` means, and there is somebody to ask for
 */
export function pressed(
  asking: Asking,
  digit: string,
  { early, optOut, operator }: { early: boolean; optOut: boolean; operator: boolean },
): AskingStep {
  const { ask } = asking
  const firstTime = asking.failures === 0 && asking.repeats === 0
  if (!asking.heard || (early && firstTime && asking.entered === '')) {
    return { type: 'on', asking, commands: [], taken: false }
  }
  if (ask.keys.take === 'one') {
    if (ask.keys.of.includes(digit)) return { type: 'answered', keys: digit, taken: true }
    if (digit === reservedKeys.repeat) return putAgain(asking, true)
    if (digit === reservedKeys.optOut && optOut) return { type: 'opt_out', asking, taken: true }
    if (digit === reservedKeys.agent && operator) return { type: 'operator', taken: true }
    return failed(asking, 'invalid')
  }
  if (digit === '#') return { type: 'answered', keys: asking.entered, taken: true }
  if (!ask.keys.of.includes(digit) || asking.entered.length >= ask.keys.maxLength) return failed(asking, 'invalid')
  const commands: FlowCommand[] = asking.playing ? [{ type: 'stop' }] : []
  commands.push({ type: 'timer', ms: ask.interDigitMs })
  return {
    type: 'on',
    asking: { ...asking, entered: asking.entered + digit, playing: false },
    commands,
    taken: true,
  }
}

/** The question has been heard to its end: from here silence counts. */
export function promptPlayed(asking: Asking): AskingStep {
  const commands: FlowCommand[] = [{ type: 'timer', ms: asking.ask.noInputMs }]
  return { type: 'on', asking: { ...asking, playing: false, heard: true }, commands, taken: false }
}

/** No key in time, or no further one. */
export function waitedLong(asking: Asking): AskingStep {
  if (asking.entered !== '') return { type: 'answered', keys: asking.entered, taken: false }
  return failed(asking, 'no_input', false)
}

/** A wrong key, a wrong value or silence: the question is put again, or given up. */
export function failed(asking: Asking, reason: 'invalid' | 'no_input', taken = true): AskingStep {
  const failures = asking.failures + 1
  if (failures >= asking.ask.maxFailures) return { type: 'gave_up', taken }
  const before = reason === 'invalid' ? asking.ask.invalid : asking.ask.noInput
  return {
    type: 'on',
    asking: { ...asking, failures, entered: '', playing: true },
    commands: interrupt(asking, [...before, ...asking.ask.prompts]),
    taken,
  }
}

/** `*`, or a `9` that was not meant. */
export function putAgain(asking: Asking, taken: boolean): AskingStep {
  if (asking.repeats >= maxRepeats) return failed(asking, 'invalid', taken)
  return {
    type: 'on',
    asking: { ...asking, repeats: asking.repeats + 1, entered: '', playing: true },
    commands: interrupt(asking, asking.ask.prompts),
    taken,
  }
}

function interrupt(asking: Asking, prompts: readonly string[]): FlowCommand[] {
  return asking.playing ? [{ type: 'stop' }, play(prompts)] : [play(prompts)]
}

function play(prompts: readonly string[]): FlowCommand {
  return { type: 'play', prompts, interruptible: true }
}
