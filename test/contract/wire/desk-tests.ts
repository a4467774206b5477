import { afterAll, beforeAll, test } from 'vitest'
import { openPair, type Pair } from '../pair.ts'
import { type MediaCall, type MediaCallOptions, MediaDesk } from './media-desk.ts'

export interface DeskTests {
  readonly pair: Pair
  readonly desk: MediaDesk
  /** A tone of 20 s, which no test waits for. */
  readonly long: string
  /** One of 300 ms. */
  readonly short: string
  /** A test with a channel of its own, beside others; what is there of the channel in the end is ended. */
  onCall(name: string, run: (call: MediaCall) => Promise<void>, options?: MediaCallOptions): void
}

/** A file's pair and desk, open while its tests run. Tests of calls wait more than they work: they run side by side. */
export function openDesk(): DeskTests {
  let there: { pair: Pair; desk: MediaDesk; long: string; short: string } | null = null
  const open = () => {
    if (there === null) throw new Error('no desk outside tests')
    return there
  }
  beforeAll(async () => {
    const pair = await openPair()
    const desk = await MediaDesk.open(pair)
    there = { pair, desk, long: await pair.tone(500, 20_000), short: await pair.tone(600, 300) }
  })
  afterAll(async () => {
    await there?.desk.close()
    await there?.pair.close()
  })
  return {
    get pair() {
      return open().pair
    },
    get desk() {
      return open().desk
    },
    get long() {
      return open().long
    },
    get short() {
      return open().short
    },
    onCall(name, run, options = {}) {
      test.concurrent(name, async () => {
        const call = await open().desk.call(options)
        try {
          call.mark()
          await run(call)
        } finally {
          await call.end()
        }
      })
    },
  }
}
