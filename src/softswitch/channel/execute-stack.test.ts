import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ExecuteFrame, type ExecuteOrder, ExecuteStack } from './execute-stack.ts'

/** A stack whose applications end when they are told to, and a log of what happened. */
class Bench {
  readonly log: string[] = []
  readonly frames = new Map<string, ExecuteFrame>()
  readonly stack: ExecuteStack
  readonly #ends = new Map<string, () => void>()

  constructor() {
    this.stack = new ExecuteStack({
      begin: (frame) => {
        this.log.push(`+${frame.argument}`)
        this.frames.set(frame.argument, frame)
        if (frame.application === 'set') return undefined
        return new Promise<void>((resolve) => this.#ends.set(frame.argument, resolve))
      },
      completed: (frame) => this.log.push(`-${frame.argument}`),
      topChanged: () => {},
    })
  }

  queue(argument: string, order: Partial<ExecuteOrder> = {}): boolean {
    return this.stack.queue({ application: 'playback', argument, uuid: argument, lock: false, loops: 1, ...order })
  }

  /** The application ends by itself. */
  async end(argument: string): Promise<void> {
    this.#ends.get(argument)?.()
    await settled()
  }

  /** Applications that end when they are interrupted, as all real ones do. */
  heed(argument: string): void {
    this.frames.get(argument)?.onInterrupt((interruption) => {
      this.log.push(`${interruption} ${argument}`)
      this.#ends.get(argument)?.()
    })
  }
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

describe('executes of a channel', () => {
  it('run one inside the other, and the outer one completes last even when it has ended first', async () => {
    const bench = new Bench()
    bench.queue('outer')
    bench.queue('inner')
    await bench.end('outer')
    expect(bench.log).toEqual(['+outer', '+inner'])
    await bench.end('inner')
    expect(bench.log).toEqual(['+outer', '+inner', '-inner', '-outer'])
  })

  it('begin inside another one only when it lets them in', async () => {
    const bench = new Bench()
    bench.queue('outer')
    const letIn = bench.frames.get('outer')?.keepOut()
    bench.queue('inner')
    expect(bench.log).toEqual(['+outer'])
    letIn?.()
    letIn?.()
    expect(bench.log).toEqual(['+outer', '+inner'])
    bench.queue('third')
    expect(bench.log).toEqual(['+outer', '+inner', '+third'])
  })

  it('that a hang-up ends are told of it from the inside out', async () => {
    const bench = new Bench()
    for (const name of ['outer', 'inner']) bench.queue(name)
    for (const name of ['outer', 'inner']) bench.heed(name)
    await bench.stack.hangUp()
    expect(bench.log).toEqual(['+outer', '+inner', 'hangup inner', '-inner', 'hangup outer', '-outer'])
  })

  it('that are done at once complete before the next command is read', () => {
    const bench = new Bench()
    bench.queue('play')
    bench.queue('set', { application: 'set' })
    expect(bench.log).toEqual(['+play', '+set', '-set'])
  })

  it('wait while one with event-lock runs', async () => {
    const bench = new Bench()
    bench.queue('locked', { lock: true })
    bench.queue('next')
    expect(bench.log).toEqual(['+locked'])
    await bench.end('locked')
    expect(bench.log).toEqual(['+locked', '-locked', '+next'])
  })

  it('all end at a break, but those that are kept', async () => {
    const bench = new Bench()
    for (const argument of ['socket', 'outer', 'inner']) {
      bench.queue(argument)
      bench.heed(argument)
    }
    bench.stack.break(({ argument }) => argument === 'socket')
    await settled()
    expect(bench.log.slice(3)).toEqual(['break inner', 'break outer', '-inner', '-outer'])
    expect(bench.stack.top?.argument).toBe('socket')
  })

  it('tell one that asks later that a break has come, and forget it when it is cleared', () => {
    const bench = new Bench()
    bench.queue('play')
    bench.stack.break(() => false)
    const heard: string[] = []
    const frame = bench.frames.get('play')
    frame?.onInterrupt((interruption) => heard.push(interruption))
    frame?.clearBreak()
    frame?.onInterrupt((interruption) => heard.push(interruption))
    expect(heard).toEqual(['break'])
    void bench.stack.hangUp()
    expect(heard).toEqual(['break', 'hangup'])
  })

  it('run again as often as asked, but not when a run was short', async () => {
    const bench = new Bench()
    bench.queue('short', { loops: 5 })
    await bench.end('short')
    expect(bench.log).toEqual(['+short', '-short'])
  })

  it('end at a hang-up, drop what waits, and nothing begins afterwards', async () => {
    const bench = new Bench()
    bench.queue('locked', { lock: true })
    bench.heed('locked')
    bench.queue('waiting')
    await bench.stack.hangUp()
    expect(bench.queue('late')).toBe(false)
    expect(bench.log).toEqual(['+locked', 'hangup locked', '-locked'])
  })

  it('are refused when too many wait', () => {
    const bench = new Bench()
    bench.queue('locked', { lock: true })
    const taken = Array.from({ length: 2000 }, (_, i) => bench.queue(String(i))).filter((ok) => ok)
    expect(taken).toHaveLength(1000)
  })

  it('complete exactly once each, inner before outer, whatever the order in which they end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 8 }), fc.infiniteStream(fc.nat()), async (count, random) => {
        const bench = new Bench()
        const left = Array.from({ length: count }, (_, i) => `f${i}`)
        for (const argument of left) bench.queue(argument)
        while (left.length > 0) {
          const [argument = ''] = left.splice((random.next().value ?? 0) % left.length, 1)
          await bench.end(argument)
        }
        const completed = bench.log.filter((line) => line.startsWith('-'))
        expect(completed).toEqual(Array.from({ length: count }, (_, i) => `-f${count - 1 - i}`))
        expect(bench.stack.top).toBeUndefined()
      }),
      { seed: 11, numRuns: 50 },
    )
  })
})
