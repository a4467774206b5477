import { describe, expect, it } from 'vitest'
import { TICK_SAMPLES } from './media-ticker.ts'
import { VoiceReceiver } from './voice-receiver.ts'

/** A voice: a pitch of 125 Hz with overtones. */
function voice(from: number, count = TICK_SAMPLES): Int16Array {
  return Int16Array.from({ length: count }, (_, i) => {
    const at = (2 * Math.PI * 125 * (from + i)) / 8000
    return Math.round(6000 * Math.sin(at) + 3000 * Math.sin(2 * at) + 1500 * Math.sin(5 * at))
  })
}

interface Told {
  readonly heard: Int16Array
  readonly recorded: Int16Array
}

/** One packet a tick, but for those that are lost. */
function listen(ticks: number, lost: (tick: number) => boolean): Told {
  const receiver = new VoiceReceiver({ floor: 320, ceiling: 1600 })
  const heard = new Int16Array(ticks * TICK_SAMPLES)
  const recorded = new Int16Array(ticks * TICK_SAMPLES)
  for (let tick = 0; tick < ticks; tick++) {
    const at = tick * TICK_SAMPLES
    if (!lost(tick)) receiver.write(70_000 + at, voice(at), TICK_SAMPLES, false)
    receiver.hear()
    heard.set(receiver.heard, at)
    recorded.set(receiver.recorded, at)
  }
  return { heard, recorded }
}

function level(samples: Int16Array, fromTick: number, ticks = 1): number {
  const part = samples.subarray(fromTick * TICK_SAMPLES, (fromTick + ticks) * TICK_SAMPLES)
  return Math.sqrt(part.reduce((sum, sample) => sum + sample * sample, 0) / part.length)
}

describe('what is heard of a voice of which packets are lost', () => {
  const delayTicks = 2

  it('is the voice itself while all packets come', () => {
    const { heard, recorded } = listen(20, () => false)
    expect([...heard.subarray(delayTicks * TICK_SAMPLES)]).toEqual([...voice(0, 18 * TICK_SAMPLES)])
    expect(recorded).toEqual(heard)
  })

  it('goes on nearly as it was when one packet is lost', () => {
    const { heard } = listen(30, (tick) => tick === 20)
    const gap = (20 + delayTicks) * TICK_SAMPLES
    const truth = voice(20 * TICK_SAMPLES)
    const error = Int16Array.from(truth, (sample, i) => sample - (heard[gap + i] ?? 0))
    // 20 dB below the voice: the fade of the second half, no more.
    expect(level(error, 0)).toBeLessThan(level(truth, 0) / 10)
    const afterwards = voice(21 * TICK_SAMPLES)
    const joint = heard.subarray(gap + TICK_SAMPLES, gap + 2 * TICK_SAMPLES)
    expect(
      level(
        Int16Array.from(afterwards, (sample, i) => sample - (joint[i] ?? 0)),
        0,
      ),
    ).toBeLessThan(500)
  })

  it('has no click: no step in it is larger than the steps of the voice', () => {
    const { heard } = listen(40, (tick) => tick % 7 === 3 || tick === 20 || tick === 21)
    const steps = (samples: Int16Array) =>
      samples.reduce((most, sample, i) => Math.max(most, Math.abs(sample - (i === 0 ? 0 : (samples[i - 1] ?? 0)))), 0)
    expect(steps(heard.subarray(delayTicks * TICK_SAMPLES))).toBeLessThan(steps(voice(0, 8000)) * 1.2)
  })

  it('fades to silence within 60 ms, and comes back with the next packet', () => {
    const { heard } = listen(40, (tick) => tick >= 10 && tick < 20)
    const levels = Array.from({ length: 12 }, (_, i) => level(heard, 10 + delayTicks + i))
    expect(levels[0]).toBeGreaterThan(levels[1] ?? 0)
    expect(levels[1]).toBeGreaterThan(levels[2] ?? 0)
    expect(levels.slice(3, 10)).toEqual([0, 0, 0, 0, 0, 0, 0])
    expect(levels[11]).toBeGreaterThan(4000)
  })

  it('is not what is recorded: there a lost packet is silence, exactly as long as it would have been', () => {
    const { recorded } = listen(30, (tick) => tick === 20)
    const truth = voice(0, 28 * TICK_SAMPLES)
    truth.fill(0, 20 * TICK_SAMPLES, 21 * TICK_SAMPLES)
    expect([...recorded.subarray(delayTicks * TICK_SAMPLES)]).toEqual([...truth])
  })

  it('is silence behind comfort noise, at once', () => {
    const receiver = new VoiceReceiver({ floor: 320, ceiling: 1600 })
    for (let tick = 0; tick < 6; tick++) {
      receiver.write(tick * TICK_SAMPLES, voice(tick * TICK_SAMPLES), TICK_SAMPLES, tick === 0)
      receiver.hear()
    }
    receiver.rest()
    const levels = Array.from({ length: 4 }, () => {
      receiver.hear()
      return level(receiver.heard, 0)
    })
    expect(levels.map((loud) => loud > 0)).toEqual([true, true, false, false])
  })

  it('begins with another source without a trace of the one before', () => {
    const receiver = new VoiceReceiver({ floor: 320, ceiling: 1600 })
    for (let tick = 0; tick < 6; tick++) {
      receiver.write(tick * TICK_SAMPLES, voice(0), TICK_SAMPLES, false)
      receiver.hear()
    }
    receiver.reset()
    receiver.write(4_000_000_000, voice(0), TICK_SAMPLES, true)
    const heard = Array.from({ length: 3 }, () => {
      receiver.hear()
      return [...receiver.heard]
    })
    expect(heard[0]?.every((sample) => sample === 0)).toBe(true)
    expect(heard[2]).toEqual([...voice(0)])
  })
})
