import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { newRtpHeader, RTP_HEADER_BYTES, readRtp, sequenceDistance, timestampDistance, writeRtp } from './rtp-packet.ts'

function packet(extra: number[] = []): Uint8Array {
  const bytes = new Uint8Array(RTP_HEADER_BYTES + extra.length)
  writeRtp(bytes, { marker: true, payloadType: 8, sequence: 65_535, timestamp: 4_294_967_295, ssrc: 3_000_000_000 })
  bytes.set(extra, RTP_HEADER_BYTES)
  return bytes
}

describe('RTP packet', () => {
  it('reads what it has written, with every field at its upper end', () => {
    const header = newRtpHeader()
    expect(readRtp(packet([1, 2, 3]), header)).toBe(true)
    expect(header).toEqual({
      marker: true,
      payloadType: 8,
      sequence: 65_535,
      timestamp: 4_294_967_295,
      ssrc: 3_000_000_000,
      payloadStart: 12,
      payloadEnd: 15,
    })
  })

  it('finds the payload behind CSRC list and extension and before padding', () => {
    const bytes = packet([9, 9, 9, 9, 0, 0, 0, 1, 7, 7, 7, 7, 42, 43, 0, 2])
    bytes[0] = 0x80 | 0x20 | 0x10 | 1
    const header = newRtpHeader()
    expect(readRtp(bytes, header)).toBe(true)
    expect([...bytes.subarray(header.payloadStart, header.payloadEnd)]).toEqual([42, 43])
  })

  it.each([
    ['a runt', new Uint8Array(11)],
    ['another version', packet().fill(0x40, 0, 1)],
    ['RTCP', packet().fill(200, 1, 2)],
    ['a CSRC list longer than the datagram', packet().fill(0x8f, 0, 1)],
    ['an extension longer than the datagram', packet([0, 0, 255, 255]).fill(0x90, 0, 1)],
    ['padding longer than the payload', packet([1, 200]).fill(0xa0, 0, 1)],
    ['padding of nothing', packet([1, 0]).fill(0xa0, 0, 1)],
  ])('refuses %s', (_, bytes) => {
    expect(readRtp(bytes, newRtpHeader())).toBe(false)
  })

  it('measures distances across the wrap of sequence and timestamp', () => {
    expect(sequenceDistance(65_535, 1)).toBe(2)
    expect(sequenceDistance(1, 65_535)).toBe(-2)
    expect(timestampDistance(4_294_967_200, 64)).toBe(160)
    expect(timestampDistance(64, 4_294_967_200)).toBe(-160)
  })

  it('finds its payload inside the datagram, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.integer({ min: 0, max: 63 }), (bytes, low) => {
        if (bytes.length > 0) bytes[0] = 0x80 | low
        const header = newRtpHeader()
        if (!readRtp(bytes, header)) return
        expect(header.payloadStart).toBeGreaterThanOrEqual(RTP_HEADER_BYTES)
        expect(header.payloadStart).toBeLessThanOrEqual(header.payloadEnd)
        expect(header.payloadEnd).toBeLessThanOrEqual(bytes.length)
      }),
      { seed: 2, numRuns: 2000 },
    )
  })
})
