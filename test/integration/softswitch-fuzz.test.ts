/**
 * A few thousand of the wrong messages that the bench `fuzz` sends by the million, from fixed seeds, against the
 * softswitch as a process. What was found by it once stands beside the parser it was found in.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testFolder } from '../harness/folder.ts'
import { openWatchedSoftswitch, type WatchedSoftswitch } from '../harness/watched-softswitch.ts'
import { Fuzz } from '../load/fuzz.ts'

const seeds = [20_261, 5_060, 8_021, 9_022]
const messagesEach = 800
/** What a few thousand messages may leave in the heap: code that has been compiled, shapes that have been seen. */
const marginBytes = 6 << 20

let softswitch: WatchedSoftswitch
let fuzz: Fuzz
let folder: Awaited<ReturnType<typeof testFolder>>

beforeAll(async () => {
  folder = await testFolder()
  // Transactions are over within a second and a half.
  softswitch = await openWatchedSoftswitch({ baseFolder: folder.path, sipT1Ms: 20 })
  fuzz = await Fuzz.open(softswitch.state)
  await fuzz.callAsUsual()
})
afterAll(async () => {
  await fuzz.close()
  await softswitch.close()
  await folder.close()
})

/** When what was under way is over. */
async function heapAtRest(): Promise<number> {
  await fuzz.hangUp()
  const { dialogs, channels, transactions, heapBytes } = await softswitch.atRest(10_000)
  expect({ dialogs, channels, transactions }).toEqual({ dialogs: 0, channels: 0, transactions: 0 })
  return heapBytes
}

describe('wrong messages of every kind', () => {
  let before = 0

  test.each(seeds)('from seed %i, and the next call works', async (seed) => {
    await fuzz.run(seed, messagesEach)
    await fuzz.callAsUsual()
    expect(softswitch.exitCode).toBeUndefined()
    expect(softswitch.log.filter((line) => line.includes('fault'))).toEqual([])
    if (seed === seeds[0]) before = await heapAtRest()
  })

  test('leave nothing behind', async () => {
    expect((await heapAtRest()) - before).toBeLessThan(marginBytes)
  })
})
