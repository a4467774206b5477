/**
 * What a channel executes, and how executes get in each other's way.
 *
 * FreeSWITCH runs one thread a channel. An application that takes time (a play, a recording, a sleep) looks between
 * two packets whether a client has sent another execute, and then runs that one inside itself: executes nest, the
 * innermost is served, and the one around it goes on afterwards. `event-lock` keeps the next one out until this one
 * has ended. A break ends all that are nested; a hang-up ends everything, the innermost first.
 */

/** `transfer`: the channel goes on elsewhere. What is stronger takes the place of what is weaker. */
export type Interruption = 'break' | 'transfer' | 'hangup'

const STRENGTH: Readonly<Record<Interruption, number>> = { break: 0, transfer: 1, hangup: 2 }

/** One application being executed. */
export interface ExecuteFrame {
  readonly application: string
  readonly argument: string
  readonly uuid: string
  /** No other execute begins before this one has ended; an application may ask for it, too. */
  lock: boolean
  readonly interruption: Interruption | null
  /** Called once, when a break or a hang-up comes; at once when one has come already. */
  onInterrupt(listener: (interruption: Interruption) => void): void
  /** The application goes on after a break (the next file of a list). */
  clearBreak(): void
  /** Nothing begins inside, and no digit is taken, before the returned function is called: its file is being opened. */
  keepOut(): () => void
  readonly opening: boolean
  /**
   * Called with each digit while this frame is the innermost. @returns false to leave the digit in the queue. Without
   * it digits are taken and dropped.
   */
  onDigit: ((digit: string) => boolean) | null
}

export interface ExecuteOrder {
  readonly application: string
  readonly argument: string
  readonly uuid: string
  readonly lock: boolean
  /** Times to run it; a run that takes less than half a second is the last one. Below 0: again and again. */
  loops: number
}

export interface ExecuteHost {
  /** The frame is on top of the stack. @returns when the application has ended */
  begin(frame: ExecuteFrame): Promise<void> | void
  /** The frame has ended and those inside it too. */
  completed(frame: ExecuteFrame): void
  /** Another frame is on top now, or none. */
  topChanged(): void
}

/** A client that fills the queue faster than it is emptied is refused. */
const MOST_QUEUED = 1000
const LAST_LOOP_MS = 500

class Frame implements ExecuteFrame {
  readonly application: string
  readonly argument: string
  readonly uuid: string
  lock: boolean
  interruption: Interruption | null = null
  onDigit: ((digit: string) => boolean) | null = null
  /** What keeps others from beginning inside. */
  #closed = 0
  /** Settles when it has left the stack. */
  readonly gone = Promise.withResolvers<void>()
  readonly #listeners: ((interruption: Interruption) => void)[] = []
  readonly #onOpen: () => void

  constructor(order: ExecuteOrder, onOpen: () => void) {
    this.#onOpen = onOpen
    this.application = order.application
    this.argument = order.argument
    this.uuid = order.uuid
    this.lock = order.lock
  }

  onInterrupt(listener: (interruption: Interruption) => void): void {
    if (this.interruption === null) this.#listeners.push(listener)
    else listener(this.interruption)
  }

  clearBreak(): void {
    if (this.interruption === 'break') this.interruption = null
  }

  get opening(): boolean {
    return this.#closed > 0
  }

  keepOut(): () => void {
    this.#closed += 1
    let done = false
    return () => {
      if (done) return
      done = true
      this.#closed -= 1
      this.#onOpen()
    }
  }

  interrupt(interruption: Interruption): void {
    if (this.interruption !== null && STRENGTH[this.interruption] >= STRENGTH[interruption]) return
    this.interruption = interruption
    for (const listener of this.#listeners.splice(0)) listener(interruption)
  }
}

export class ExecuteStack {
  readonly #host: ExecuteHost
  readonly #queue: ExecuteOrder[] = []
  readonly #frames: Frame[] = []
  /** Frames whose application has ended while others still run inside them. */
  readonly #finished = new Set<Frame>()
  /** They end one after the other, the innermost first. */
  readonly #leaving = new WeakSet<Frame>()
  readonly #whenUnwound = new Map<Frame, () => void>()
  #closed = false
  readonly #whenEmpty: (() => void)[] = []

  constructor(host: ExecuteHost) {
    this.#host = host
  }

  /** The innermost frame. */
  get top(): ExecuteFrame | undefined {
    return this.#frames.at(-1)
  }

  /** @returns false when the queue is full or the channel has been hung up */
  queue(order: ExecuteOrder): boolean {
    if (this.#closed || this.#queue.length >= MOST_QUEUED) return false
    this.#queue.push(order)
    this.#next()
    return true
  }

  /** Runs an order below all others, as the dialplan does: clients' executes nest inside it. */
  run(order: ExecuteOrder): Promise<void> {
    return this.#run(order)
  }

  /** Drops what has not begun. */
  flush(): void {
    this.#queue.length = 0
  }

  /** Ends the running frames, but those for which `keep` says true. */
  break(keep: (frame: ExecuteFrame) => boolean): void {
    for (const frame of [...this.#frames].reverse()) if (!keep(frame)) frame.interrupt('break')
  }

  /** Ends the frames inside the innermost one that `of` says; without such a one nothing. */
  breakAbove(of: (frame: ExecuteFrame) => boolean): void {
    const at = this.#frames.findLastIndex(of)
    if (at < 0) return
    for (const frame of this.#frames.slice(at + 1).reverse()) frame.interrupt('break')
  }

  /** Drops what has not begun and ends the frames, the innermost first. @returns when they have ended */
  async leave(): Promise<void> {
    this.flush()
    const leaving = [...this.#frames]
    for (const frame of leaving) this.#leaving.add(frame)
    this.#frames.at(-1)?.interrupt('transfer')
    await Promise.all(leaving.map(({ gone }) => gone.promise))
  }

  /** Ends everything and takes nothing more. @returns when the last frame has ended */
  hangUp(): Promise<void> {
    this.#closed = true
    this.flush()
    this.#frames.at(-1)?.interrupt('hangup')
    if (this.#frames.length === 0) return Promise.resolve()
    return new Promise((resolve) => this.#whenEmpty.push(resolve))
  }

  #next(): void {
    while (this.#queue.length > 0 && !this.#frames.some((frame) => frame.lock) && !this.#frames.at(-1)?.opening) {
      const order = this.#queue.shift()
      if (order !== undefined) void this.#run(order)
    }
  }

  async #run(order: ExecuteOrder): Promise<void> {
    for (let loop = 0; loop < order.loops || order.loops < 0; loop++) {
      const began = performance.now()
      const ended = await this.#once(order)
      if (ended !== null || this.#closed || performance.now() - began < LAST_LOOP_MS) return
    }
  }

  /** @returns how it was interrupted */
  #once(order: ExecuteOrder): Promise<Interruption | null> {
    const frame = new Frame(order, () => {
      this.#host.topChanged()
      this.#next()
    })
    this.#frames.push(frame)
    const done = Promise.withResolvers<Interruption | null>()
    const end = (): void => {
      this.#finished.add(frame)
      this.#unwind()
      if (this.#finished.has(frame)) this.#whenUnwound.set(frame, () => done.resolve(frame.interruption))
      else done.resolve(frame.interruption)
    }
    const running = this.#host.begin(frame)
    // An application that is done at once (`set`) must be complete before the next command is read.
    if (running === undefined) end()
    else {
      void running.then(end, end)
      this.#host.topChanged()
    }
    return done.promise
  }

  /** Completes the frames at the top whose applications have ended. */
  #unwind(): void {
    for (let top = this.#frames.at(-1); top !== undefined && this.#finished.has(top); top = this.#frames.at(-1)) {
      this.#frames.pop()
      this.#finished.delete(top)
      this.#host.completed(top)
      top.gone.resolve()
      this.#whenUnwound.get(top)?.()
      this.#whenUnwound.delete(top)
    }
    this.#host.topChanged()
    const next = this.#frames.at(-1)
    if (next !== undefined && this.#leaving.has(next)) next.interrupt('transfer')
    if (this.#closed) this.#frames.at(-1)?.interrupt('hangup')
    if (this.#frames.length === 0) for (const done of this.#whenEmpty.splice(0)) done()
    this.#next()
  }
}
