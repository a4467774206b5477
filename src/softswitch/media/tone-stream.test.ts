import { describe, expect, it } from 'vitest'
import { toneLevel } from '../../../test/harness/tones.ts'
import type { AudioSource } from './audio-source.ts'
import { silenceStream, toneStream } from './tone-stream.ts'

function readAll(source: AudioSource | null, most = 80_000): Int16Array {
  const into = new Int16Array(most)
  let at = 0
  for (; at < most; ) {
    const tick = new Int16Array(160)
    const count = source?.read(tick, 160) ?? 0
    into.set(tick.subarray(0, Math.min(count, most - at)), at)
    at += count
    if (count < 160) break
  }
  return into.subarray(0, Math.min(at, most))
}

describe('tone stream', () => {
  it('plays each frequency for its time, then its pause', () => {
    const samples = readAll(toneStream('%(100,50,440,480)'))
    expect(samples).toHaveLength(1200)
    expect(toneLevel(samples.subarray(0, 800), 440)).toBeGreaterThan(4000)
    expect(toneLevel(samples.subarray(0, 800), 480)).toBeGreaterThan(4000)
    expect(toneLevel(samples.subarray(0, 800), 600)).toBeLessThan(50)
    expect(samples.subarray(800).every((sample) => sample === 0)).toBe(true)
  })

  it('is as loud as v= says', () => {
    const loud = toneLevel(readAll(toneStream('v=0;%(100,0,1000)')), 1000)
    const soft = toneLevel(readAll(toneStream('v=-20;%(100,0,1000)')), 1000)
    expect(20 * Math.log10(loud / soft)).toBeCloseTo(20, 1)
  })

  it('plays keys with the length and pause of d= and w=', () => {
    const samples = readAll(toneStream('d=100;w=25;15'))
    expect(samples).toHaveLength(2000)
    expect(toneLevel(samples.subarray(1000, 1800), 770)).toBeGreaterThan(4000)
    expect(toneLevel(samples.subarray(1000, 1800), 1336)).toBeGreaterThan(4000)
  })

  it('repeats the whole as often as loops says', () => {
    expect(readAll(toneStream('%(10,10,440);loops=3'))).toHaveLength(480)
  })

  it('never ends with loops=-1', () => {
    expect(readAll(toneStream('%(10,10,440);loops=-1'), 16_000)).toHaveLength(16_000)
  })

  it.each(['', 'hello', '%(1,2)', '%(a,b,440)', '%(0,0,440)', 'v=-7', 'q=1;1', `${'1'.repeat(1001)}`, '%(10,10,440'])(
    'refuses the script "%s"',
    (script) => {
      expect(toneStream(script)).toBeNull()
    },
  )
})

describe('silence stream', () => {
  it('lasts its milliseconds', () => {
    expect(readAll(silenceStream('30,1400'))).toEqual(new Int16Array(240))
  })

  it('never ends with -1', () => {
    expect(readAll(silenceStream('-1'), 16_000)).toHaveLength(16_000)
  })

  it.each(['', '0', 'x'])('refuses "%s"', (argument) => {
    expect(silenceStream(argument)).toBeNull()
  })
})
