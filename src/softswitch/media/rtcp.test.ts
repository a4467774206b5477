import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Reception } from './reception.ts'
import { isRtcp, MOST_RTCP_BYTES, type ReportBlock, readRtcp, writeRtcp } from './rtcp-packet.ts'
import { RtcpReporter } from './rtcp-reporter.ts'

const block: ReportBlock = {
  ssrc: 0xdead_beef,
  fractionLost: 64,
  lost: -3,
  highestSequence: 0x0001_ffff,
  jitter: 40,
  lastReport: 0x8000_0001,
  sinceLastReport: 65_536,
}
const sender = { ntpSeconds: 3_900_000_000, ntpFraction: 5, rtpTimestamp: 4_000_000_000, packets: 7, octets: 1120 }

describe('RTCP packets', () => {
  it('are read as they were written, with or without sender and block', () => {
    for (const report of [
      { ssrc: 1, sender, blocks: [block] },
      { ssrc: 0xffff_ffff, sender: null, blocks: [block] },
      { ssrc: 2, sender, blocks: [] },
      { ssrc: 3, sender: null, blocks: [] },
    ]) {
      const into = Buffer.alloc(MOST_RTCP_BYTES)
      const length = writeRtcp(into, report, 'a name of thirty-two characters.')
      expect(length % 4).toBe(0)
      expect(isRtcp(into)).toBe(true)
      expect(readRtcp(into.subarray(0, length))).toEqual(report)
    }
  })

  it('end with the name of their sender, closed by a zero (RFC 3550 section 6.5)', () => {
    const into = Buffer.alloc(MOST_RTCP_BYTES, 0xff)
    const length = writeRtcp(into, { ssrc: 9, sender: null, blocks: [] }, 'ab')
    expect([...into.subarray(8, length)]).toEqual([0x81, 202, 0, 3, 0, 0, 0, 9, 1, 2, 97, 98, 0, 0, 0, 0])
  })

  it('of any bytes are refused or read, never a fault', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.integer({ min: 200, max: 201 }), (bytes, type) => {
        if (bytes.length > 1) {
          bytes[0] = 0x80 | ((bytes[0] ?? 0) & 0x1f)
          bytes[1] = type
        }
        readRtcp(bytes)
      }),
      { seed: 7 },
    )
  })
})

describe('reception of a stream', () => {
  /** Packets of 20 ms, each so many ms late. */
  function take(reception: Reception, sequences: readonly number[], late: (index: number) => number = () => 0): void {
    for (const [index, sequence] of sequences.entries()) {
      reception.take(5, sequence & 0xffff, index * 160, index * 160 + late(index) * 8, true)
    }
  }

  it('counts what is missing to the packet, also across the wrap and out of order', () => {
    const reception = new Reception()
    take(reception, [65_533, 65_534, 65_536, 65_535, 65_538, 65_540])
    expect(reception.expected).toBe(8)
    expect(reception.lost).toBe(2)
    expect(reception.report()).toMatchObject({ fractionLost: 64, lost: 2, highestSequence: 65_540 })
  })

  it('tells the fraction lost since the last report, and the number since the beginning', () => {
    const reception = new Reception()
    take(reception, [1, 2, 3, 5])
    expect(reception.report()).toMatchObject({ fractionLost: 51, lost: 1 })
    take(reception, [6, 7, 8, 9])
    expect(reception.report()).toMatchObject({ fractionLost: 0, lost: 1 })
  })

  it('measures jitter as RFC 3550 does', () => {
    const even = new Reception()
    take(
      even,
      Array.from({ length: 200 }, (_, i) => i),
    )
    expect(even.jitter).toBe(0)
    const uneven = new Reception()
    take(
      uneven,
      Array.from({ length: 2000 }, (_, i) => i),
      (index) => (index % 2) * 10,
    )
    // Every difference is 10 ms: that is what the mean deviation comes to.
    expect(uneven.jitter / 8).toBeCloseTo(10, 1)
  })

  it('goes on counting over a new source and a jump of the sequence', () => {
    const reception = new Reception()
    take(reception, [1, 2, 4])
    reception.take(6, 30_000, 0, 0, true)
    reception.take(6, 30_001, 160, 160, true)
    expect(reception.ssrc).toBe(6)
    expect(reception).toMatchObject({ expected: 6, lost: 1 })
    for (const sequence of [9_000, 9_001, 9_002]) reception.take(6, sequence, 0, 0, true)
    expect(reception).toMatchObject({ expected: 8, lost: 1 })
  })
})

describe('RTCP reporter', () => {
  const start = Date.UTC(2026, 0, 1)

  it('reports first after 1.0 to 3.1 s, then every 2.1 to 6.2 s (RFC 3550 section 6.3.1)', () => {
    for (const [random, first, next] of [
      [0, 1_026, 2_052],
      [0.999_999, 3_078, 6_156],
    ] as const) {
      const reporter = new RtcpReporter(1, 'name', () => random)
      expect(reporter.due(start)).toBe(false)
      expect(reporter.due(start + first - 1)).toBe(false)
      expect(reporter.due(start + first + 1)).toBe(true)
      reporter.write(new Reception(), { packets: 0, octets: 0, rtpTimestamp: 0 }, start + first + 1)
      expect(reporter.due(start + first + next - 2)).toBe(false)
      expect(reporter.due(start + first + next + 2)).toBe(true)
    }
  })

  it('is a sender while it has sent since its last report, else a receiver', () => {
    const reporter = new RtcpReporter(1, 'name')
    const write = (packets: number) =>
      reporter.write(new Reception(), { packets, octets: packets * 160, rtpTimestamp: 5 }, start).report.sender
    expect(write(0)).toBeNull()
    expect(write(3)).toMatchObject({ packets: 3, octets: 480, rtpTimestamp: 5 })
    expect(write(3)).toBeNull()
  })

  it('reckons the round trip from its own report and the far end’s answer to it, at both ends', () => {
    const here = new RtcpReporter(1, 'here')
    const there = new RtcpReporter(2, 'there')
    const heardHere = new Reception()
    const heardThere = new Reception()
    heardHere.take(2, 1, 0, 0, true)
    heardThere.take(1, 1, 0, 0, true)
    const sent = (packets: number) => ({ packets, octets: 0, rtpTimestamp: 0 })
    // 30 ms there, 1 s of waiting, 50 ms back; the far end's clock is an hour ahead.
    const first = here.write(heardHere, sent(1), start).report
    there.take(first, start + 3_600_000 + 30)
    const answer = there.write(heardThere, sent(1), start + 3_600_000 + 1_030).report
    expect(here.take(answer, start + 1_080).roundTripMs).toBeCloseTo(80, 0)
    const second = here.write(heardHere, sent(2), start + 2_000).report
    expect(there.take(second, start + 3_600_000 + 2_030).roundTripMs).toBeCloseTo(80, 0)
  })

  it('reckons no round trip before it has been answered, nor from nonsense', () => {
    const reporter = new RtcpReporter(1, 'name')
    const answer = (over: Partial<ReportBlock>) =>
      reporter.take({ ssrc: 2, sender: null, blocks: [{ ...block, ...over }] }, start).roundTripMs
    expect(answer({ lastReport: 0, sinceLastReport: 0 })).toBeNull()
    const now = Math.floor(((start / 1000 + 2_208_988_800) * 65_536) % 2 ** 32)
    expect(answer({ lastReport: (now + 65_536) >>> 0, sinceLastReport: 0 })).toBeNull()
  })
})
