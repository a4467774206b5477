/** `play_and_get_digits`: a prompt, then keys, again until they fit. Semantics and results as on the real server. */
import type { Channel } from '../channel.ts'
import type { ExecuteFrame } from '../execute-stack.ts'
import { separateWords } from '../words.ts'
import { FilePlayer } from './playback.ts'

interface Order {
  readonly least: number
  readonly most: number
  readonly tries: number
  readonly timeoutMs: number
  readonly terminators: string
  readonly prompt: string
  readonly invalidPrompt: string
  readonly variable: string
  readonly pattern: string
  readonly digitTimeoutMs: number
}

type ReadStatus = 'success' | 'timeout' | 'too_small' | 'failure'

const LEAST_TIMEOUT_MS = 1000
const MOST_DIGITS = 127

/** Argument: `min max tries timeout terminators prompt invalid [variable [regexp [digit timeout]]]`. */
export async function playAndGetDigits(channel: Channel, argument: string, frame: ExecuteFrame): Promise<void> {
  if (argument === '') return
  const order = parseOrder(argument)
  const { variables } = channel
  if (order.pattern !== '' && order.variable !== '') variables.set(`${order.variable}_invalid`, null)
  for (let tries = order.tries; tries > 0 && channel.up; tries--) {
    const { status, digits } = await readDigits(channel, frame, order)
    if (order.least === 0 && digits === '' && variables.get('read_terminator_used') !== undefined) return
    const complete = status === 'success' || (status === 'timeout' && digits.length >= order.least)
    if (complete && digits !== '') {
      if (order.pattern === '' || matches(digits, order.pattern)) return
      variables.set(order.variable, null)
      if (order.variable !== '') variables.set(`${order.variable}_invalid`, digits)
    }
    if (!channel.up) return
    // Keys wait for the next try. A break ends the collecting, and this prompt with it, but not the tries.
    frame.onDigit = () => false
    await new FilePlayer(channel, frame).play(order.invalidPrompt)
  }
}

function parseOrder(argument: string): Order {
  const words = separateWords(argument)
  const number = (at: number): number => Number.parseInt(words[at] ?? '', 10) || 0
  const least = Math.min(Math.max(number(0), 0), MOST_DIGITS)
  return {
    least,
    most: Math.min(Math.max(number(1), least), MOST_DIGITS),
    tries: number(2),
    timeoutMs: Math.max(number(3), LEAST_TIMEOUT_MS),
    terminators: words[4] ?? '#',
    prompt: words[5] ?? '',
    invalidPrompt: words[6] ?? '',
    variable: words[7] ?? '',
    pattern: words[8] ?? '',
    digitTimeoutMs: Math.max(number(9), 0) || Math.max(number(3), LEAST_TIMEOUT_MS),
  }
}

/** A pattern that is none matches nothing. */
function matches(digits: string, pattern: string): boolean {
  try {
    return new RegExp(pattern).test(digits)
  } catch {
    return false
  }
}

async function readDigits(
  channel: Channel,
  frame: ExecuteFrame,
  order: Order,
): Promise<{ status: ReadStatus; digits: string }> {
  const { variables } = channel
  variables.set('read_result', null)
  if (order.variable !== '') variables.set(order.variable, null)
  const collector = new Collector(frame, order)
  if (order.prompt !== '' && order.prompt.toLowerCase() !== 'silence') {
    const player = new FilePlayer(channel, frame)
    collector.onFirst = () => player.stop()
    const result = await player.play(order.prompt)
    if (result === 'failed' || result === 'not_found') {
      collector.close()
      return { status: 'failure', digits: '' }
    }
  }
  const collected = collector.collect()
  channel.keys.offer()
  let status = await collected
  const { digits, terminator } = collector
  if (terminator !== '') variables.set('read_terminator_used', terminator)
  else if (order.terminators.startsWith('=')) status = 'too_small'
  if (digits.length < order.least) status = 'too_small'
  variables.set('read_result', status === 'success' || status === 'timeout' ? status : 'failure')
  if (order.variable !== '' && digits !== '') variables.set(order.variable, digits)
  return { status, digits }
}

/**
 * Takes one key that ends the prompt, and the others behind it, until there are enough, a terminator, or time is up: so
 * the prompt's end is always told between the first key and the second.
 */
class Collector {
  digits = ''
  terminator = ''
  onFirst: () => void = () => {}
  readonly #order: Order
  readonly #frame: ExecuteFrame
  readonly #done = Promise.withResolvers<ReadStatus>()
  #timer: NodeJS.Timeout | undefined
  #collecting = false
  #closed = false

  constructor(frame: ExecuteFrame, order: Order) {
    this.#order = order
    this.#frame = frame
    frame.onDigit = (digit) => this.#take(digit)
  }

  collect(): Promise<ReadStatus> {
    this.#collecting = true
    this.#frame.onInterrupt(() => this.#finish('failure'))
    if (!this.#closed && !this.#complete()) {
      this.#restartTimer(this.digits === '' ? this.#order.timeoutMs : this.#order.digitTimeoutMs)
    }
    return this.#done.promise
  }

  close(): void {
    this.#finish('failure')
  }

  /** @returns false when the digit is one too many: it stays for whatever comes next */
  #take(digit: string): boolean {
    if (this.#closed || this.terminator !== '' || this.digits.length >= this.#order.most) return false
    if (!this.#collecting && this.digits !== '') return false
    if (this.#order.terminators.includes(digit)) this.terminator = digit
    else this.digits += digit
    this.onFirst()
    if (this.#collecting && !this.#complete()) this.#restartTimer(this.#order.digitTimeoutMs)
    return true
  }

  #complete(): boolean {
    const complete = this.terminator !== '' || this.digits.length >= this.#order.most
    if (complete) this.#finish('success')
    return complete
  }

  #restartTimer(ms: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#finish('timeout'), ms)
  }

  #finish(status: ReadStatus): void {
    if (this.#closed) return
    this.#closed = true
    clearTimeout(this.#timer)
    this.#done.resolve(status)
  }
}
