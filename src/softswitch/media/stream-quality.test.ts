import { describe, expect, it } from 'vitest'
import { StreamQuality } from './stream-quality.ts'

/** Packets of 20 ms, those that are not lost. */
function stream(
  packets: number,
  lost: (packet: number) => boolean = () => false,
  late: (packet: number) => number = () => 0,
) {
  const quality = new StreamQuality()
  for (let packet = 1; packet <= packets; packet++) {
    if (!lost(packet)) quality.take(packet, 1_000_000 + packet * 20 + late(packet))
  }
  return quality.figures()
}

describe('quality of a stream in FreeSWITCH’s figures', () => {
  it('is perfect for an even stream', () => {
    expect(stream(500)).toEqual({
      flaws: 0,
      percentage: 100,
      mos: 4.5,
      minVariance: 0,
      maxVariance: 0,
      meanIntervalMs: 20,
      lossRate: 0,
      burstRate: 0,
    })
  })

  it('counts each lost packet and two more for the stream that goes on being flawed', () => {
    const { flaws, percentage, mos } = stream(520, (packet) => packet % 100 === 0)
    expect(flaws).toBe(5 * 3)
    expect(percentage).toBe(97)
    expect(mos).toBeCloseTo(4.47, 2)
  })

  it('tells the spread of the times between packets', () => {
    const { minVariance, maxVariance, meanIntervalMs } = stream(1000, undefined, (packet) => (packet % 2) * 10)
    expect(meanIntervalMs).toBeCloseTo(20, 0)
    expect(maxVariance).toBeGreaterThan(80)
    expect(minVariance).toBeGreaterThan(0)
  })

  it('judges nothing of the first packets, nor of those behind a key', () => {
    const quality = new StreamQuality()
    quality.take(1, 1000)
    for (let packet = 100; packet < 130; packet++) quality.take(packet, packet * 20)
    quality.interrupt()
    for (let packet = 500; packet < 530; packet++) quality.take(packet, packet * 20)
    expect(quality.figures()).toMatchObject({ flaws: 0, percentage: 100, meanIntervalMs: 20 })
  })
})
