import { beforeEach, describe, expect, test } from 'vitest'
import { sine, toneLevel } from '../../../test/harness/tones.ts'
import type { AudioSource } from './audio-source.ts'
import { toneStream } from './tone-stream.ts'
import { type RoomLeg, WorkerRoom } from './worker-room.ts'

const TICKS = 50

/** A leg that hums and keeps what it is told. */
class HummingLeg implements RoomLeg {
  readonly heard = new Int16Array(160)
  readonly told = new Int16Array(TICKS * 160)
  /** Something else is played to it: it is out of the room for the time. */
  away = false
  #seat: AudioSource | null = null
  readonly #hum: Int16Array

  constructor(frequency: number, amplitude = 8000) {
    this.#hum = sine(frequency, TICKS * 160, amplitude)
  }

  join(room: WorkerRoom, member: number): this {
    this.#seat = room.join(member, this)
    return this
  }

  isPlaying(source: AudioSource): boolean {
    return source === this.#seat && !this.away
  }

  hear(tick: number): void {
    this.heard.set(this.#hum.subarray(tick * 160, tick * 160 + 160))
  }

  speak(tick: number): void {
    this.#seat?.read(this.told.subarray(tick * 160), 160)
  }

  leave(): void {
    this.#seat?.close()
    this.#seat = null
  }
}

let room: WorkerRoom
let ended: [play: number, samples: number][]
let agent: HummingLeg
let patient: HummingLeg
let supervisor: HummingLeg

beforeEach(() => {
  ended = []
  room = new WorkerRoom({ playEnded: (play, samples) => ended.push([play, samples]) })
  agent = new HummingLeg(400).join(room, 1)
  patient = new HummingLeg(700).join(room, 2)
  supervisor = new HummingLeg(1100).join(room, 3)
})

/** `1: 2 3` = the first hears the second and the third, and what is played to all. */
function hear(...rows: string[]): void {
  room.setHearing(
    rows.map((row) => {
      const [member = '', hears = ''] = row.split(':')
      const ids = hears.split(' ').filter((word) => word !== '')
      return { member: Number(member), hears: ids.map(Number), hearsPlays: true }
    }),
  )
}

function run(...legs: HummingLeg[]): void {
  for (let tick = 0; tick < TICKS; tick++) {
    for (const leg of legs) leg.hear(tick)
    room.mix()
    for (const leg of legs) leg.speak(tick)
  }
}

/** Levels of the three voices at one ear, in steps of 1000. */
function levels(leg: HummingLeg): number[] {
  return [400, 700, 1100].map((frequency) => Math.round(toneLevel(leg.told, frequency) / 1000))
}

function tone(frequency: number, ms: number): AudioSource {
  const source = toneStream(`v=-7;%(${ms},0,${frequency})`)
  if (source === null) throw new Error('no tone')
  return source
}

describe('a room', () => {
  test('gives everybody the sum of the others, without the own voice', () => {
    hear('1: 2 3', '2: 1 3', '3: 1 2')
    run(agent, patient, supervisor)
    expect([agent, patient, supervisor].map(levels)).toEqual([
      [0, 8, 8],
      [8, 0, 8],
      [8, 8, 0],
    ])
  })

  test('lets a coach be heard by one and not by the other', () => {
    hear('1: 2 3', '2: 1', '3: 1 2')
    run(agent, patient, supervisor)
    expect([agent, patient, supervisor].map(levels)).toEqual([
      [0, 8, 8],
      [8, 0, 0],
      [8, 8, 0],
    ])
  })

  test('is silent for a member that nobody has given a row', () => {
    hear('1: 2')
    run(agent, patient, supervisor)
    expect(patient.told.every((sample) => sample === 0)).toBe(true)
  })

  test('does not gate a quiet voice, and adds nothing to silence', () => {
    const quiet = new HummingLeg(500, 12).join(room, 4)
    hear('1: 4', '4: ')
    run(agent, quiet)
    expect(toneLevel(agent.told, 500)).toBeGreaterThan(11)
    expect(quiet.told.every((sample) => sample === 0)).toBe(true)
  })

  test('cuts a sum that is too loud off at 16 bits instead of turning it over', () => {
    const [one, other] = [new HummingLeg(400, 30_000).join(room, 4), new HummingLeg(400, 30_000).join(room, 5)]
    hear('1: 4 5')
    run(agent, one, other)
    expect(Math.max(...agent.told)).toBe(32_767)
    expect(Math.min(...agent.told)).toBe(-32_768)
    expect(toneLevel(agent.told, 400)).toBeGreaterThan(32_000)
  })

  test('is left by a member to whom something else is played, and found again behind it', () => {
    hear('1: 2', '2: 1')
    agent.away = true
    run(agent, patient)
    expect(levels(patient)).toEqual([0, 0, 0])
    agent.away = false
    run(agent, patient)
    expect(levels(patient)).toEqual([8, 0, 0])
  })

  test('does not miss a member that has gone', () => {
    hear('1: 2 3', '2: 1 3')
    patient.leave()
    run(agent, supervisor)
    expect(levels(agent)).toEqual([0, 0, 8])
    expect(room.members).toBe(2)
  })
})

describe('a play', () => {
  test('to the room is heard by all who hear plays, one after the other, and told with its length', () => {
    room.setHearing([
      { member: 1, hears: [], hearsPlays: true },
      { member: 2, hears: [], hearsPlays: false },
    ])
    room.play(10, tone(1500, 400), 'all')
    room.play(11, tone(2000, 400), 'all')
    run(agent, patient)
    expect(toneLevel(agent.told.subarray(0, 3200), 1500)).toBeGreaterThan(4000)
    expect(toneLevel(agent.told.subarray(0, 3200), 2000)).toBeLessThan(50)
    expect(toneLevel(agent.told.subarray(3360, 6400), 2000)).toBeGreaterThan(4000)
    expect(patient.told.every((sample) => sample === 0)).toBe(true)
    expect(ended).toEqual([
      [10, 3200],
      [11, 3200],
    ])
  })

  test('to one member is heard by it alone, deaf or not', () => {
    hear('1: 2')
    expect(room.play(10, tone(1500, 2000), 2)).toBe(true)
    run(agent, patient)
    expect(toneLevel(patient.told, 1500)).toBeGreaterThan(4000)
    expect(toneLevel(agent.told, 1500)).toBeLessThan(50)
  })

  test('to a member that is not there is refused', () => {
    expect(room.play(10, tone(1500, 100), 9)).toBe(false)
  })

  test('ends when it is stopped, and the next begins', () => {
    hear('1: ')
    room.play(10, tone(1500, 60_000), 'all')
    room.play(11, tone(2000, 60_000), 'all')
    room.stopPlay(10)
    run(agent)
    expect(toneLevel(agent.told, 2000)).toBeGreaterThan(4000)
    expect(ended).toEqual([[10, 0]])
  })

  test('aside is heard with the queue, and replaced by the next one aside', () => {
    hear('1: ')
    room.play(10, tone(1500, 60_000), 'all')
    room.play(11, tone(2000, 60_000), 'aside')
    room.play(12, tone(2500, 60_000), 'aside')
    run(agent)
    expect([1500, 2000, 2500].map((frequency) => toneLevel(agent.told, frequency) > 4000)).toEqual([true, false, true])
    expect(ended).toEqual([[11, 0]])
  })

  test('ends with the member it was for, and with the room', () => {
    room.play(10, tone(1500, 60_000), 1)
    agent.leave()
    room.play(11, tone(1500, 60_000), 'all')
    room.close()
    expect(ended.map(([play]) => play)).toEqual([10, 11])
  })
})
