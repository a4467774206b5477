import { describe, expect, test } from 'vitest'
import { behaviours, type Conversation } from './behaviours.ts'
import { chance } from './chance.ts'
import { Ear } from './ear.ts'
import { Patient } from './patient.ts'

const speech = 2_000

/** A patient on a line whose sound the test makes, 20 ms by 20 ms. */
function onTheLine(conversation: Conversation, seed = 'test') {
  const ear = new Ear()
  const did: { at: number; what: string; slip?: boolean }[] = []
  let now = 0
  const patient = new Patient(
    conversation,
    chance(seed),
    ear,
    {
      press: (key, { slip }) => did.push({ at: now, what: key, slip }),
      hangUp: (why) => did.push({ at: now, what: why }),
    },
    now,
  )
  const pass = (ms: number, level: number) => {
    for (let i = 0; i < ms; i += 20) {
      now += 20
      ear.hear(level, now)
      patient.tick(now)
    }
  }
  return {
    did,
    speak: (ms: number) => pass(ms, speech),
    quiet: (ms: number) => pass(ms, 3),
    keys: () => did.map(({ what }) => what),
  }
}

const quick: Conversation = { ringMs: [0, 0], listenMs: [[1_000, 1_000]], keys: [{ 1: 1 }, { 2: 1 }] }

describe('a patient', () => {
  test('presses a key when the prompt has been heard long enough, and the next at the next prompt', () => {
    const { did, speak, quiet } = onTheLine(quick)
    quiet(3_000)
    speak(1_100)
    quiet(200)
    speak(1_100)
    expect(did.map(({ what }) => what)).toEqual(['1', '2'])
    expect(did[0]?.at).toBe(4_020)
  })

  test('does not count the time before anybody spoke', () => {
    const { quiet, keys } = onTheLine(quick)
    quiet(15_000)
    expect(keys()).toEqual([])
  })

  test('answers a short prompt when it has been quiet for a while after it', () => {
    const { speak, quiet, keys } = onTheLine({ ...quick, listenMs: [[10_000, 10_000]] })
    speak(600)
    quiet(1_400)
    expect(keys()).toEqual([])
    quiet(300)
    expect(keys()).toEqual(['1'])
  })

  test('does not take the end of the old prompt for the next one', () => {
    const { speak, quiet, keys } = onTheLine(quick)
    speak(1_300)
    quiet(5_000)
    expect(keys()).toEqual(['1'])
  })

  test('goes on pressing as long as it is asked', () => {
    const { speak, keys } = onTheLine(quick)
    speak(10_000)
    expect(keys().length).toBeGreaterThan(5)
  })

  test('that slips presses the right key at the same prompt’s repetition', () => {
    const { did, speak } = onTheLine({ ...quick, slips: { share: 1, keys: { 7: 1 } } })
    speak(6_000)
    expect(did.slice(0, 4).map(({ what, slip }) => [what, slip])).toEqual([
      ['7', true],
      ['1', false],
      ['7', true],
      ['2', false],
    ])
  })

  test('that leaves early hangs up in its time, once', () => {
    const { did, speak } = onTheLine(behaviours.leaves.answers)
    speak(30_000)
    expect(did).toHaveLength(1)
    expect(did[0]).toMatchObject({ what: 'left' })
    expect(did[0]?.at).toBeGreaterThanOrEqual(2_500)
    expect(did[0]?.at).toBeLessThanOrEqual(9_020)
  })

  test('that has had enough hangs up after its keys', () => {
    const { keys, speak } = onTheLine({ ...quick, hangUpAfterKeys: 2 })
    speak(20_000)
    expect(keys()).toEqual(['1', '2', 'enough'])
  })

  test('presses no more keys than it has', () => {
    const { keys, speak } = onTheLine({ ...quick, mostKeys: 2 })
    speak(20_000)
    expect(keys()).toEqual(['1', '2'])
  })

  test('that never presses stays until the call has lasted three minutes', () => {
    const { did, speak } = onTheLine(behaviours.silent.answers)
    speak(190_000)
    expect(did).toEqual([{ at: 180_020, what: 'too_long' }])
  })

  test('leaves a line on which nobody speaks', () => {
    const { keys, quiet } = onTheLine(quick)
    quiet(25_000)
    expect(keys()).toEqual(['silence'])
  })
})

test('the same seed behaves the same, another one not', () => {
  const draw = (seed: string) => {
    const { did, speak } = onTheLine(behaviours.mixed.answers, seed)
    speak(60_000)
    return JSON.stringify(did)
  }
  expect(draw('a')).toBe(draw('a'))
  expect(draw('a')).not.toBe(draw('b'))
})

test('choices come as often as they weigh', () => {
  const { pick } = chance('weights')
  const drawn = Array.from({ length: 2_000 }, () => pick({ 1: 3, 2: 1 }))
  const ones = drawn.filter((key) => key === '1').length
  expect(ones).toBeGreaterThan(1_400)
  expect(ones).toBeLessThan(1_600)
  expect(pick({})).toBeUndefined()
})
