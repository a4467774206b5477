import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SrtpReceiver, SrtpSender, type SrtpSuite } from './srtp.ts'

const key = Buffer.from('e1f97a0d3e018be0d64fa32c06de41390ec675ad498afeebb6960b3aabe6', 'hex').toString('base64')
const other = Buffer.alloc(30, 7).toString('base64')
const suites: readonly SrtpSuite[] = ['AES_CM_128_HMAC_SHA1_80', 'AES_CM_128_HMAC_SHA1_32']

function rtp(sequence: number, { ssrc = 0xcafe_babe, payload = Buffer.alloc(16, 0xab) } = {}): Buffer {
  const packet = Buffer.alloc(12 + payload.length)
  packet.writeUInt16BE(0x800f, 0)
  packet.writeUInt16BE(sequence, 2)
  packet.writeUInt32BE(0xdeca_fbad, 4)
  packet.writeUInt32BE(ssrc, 8)
  payload.copy(packet, 12)
  return packet
}

function protectedBy(sender: SrtpSender, packet: Buffer): Buffer {
  const room = Buffer.concat([packet, Buffer.alloc(14)])
  return room.subarray(0, sender.protect(room, packet.length))
}

function opened(receiver: SrtpReceiver, packet: Buffer): string {
  const copy = Buffer.from(packet)
  const length = receiver.unprotect(copy)
  return length < 0 ? 'dropped' : copy.subarray(0, length).toString('hex')
}

describe('SRTP', () => {
  it('makes the packet that libsrtp makes of this key and plaintext', () => {
    // The reference packet of libsrtp's own validation, AES-CM-128 with an 80-bit tag.
    const sender = new SrtpSender({ suite: 'AES_CM_128_HMAC_SHA1_80', key })
    expect(protectedBy(sender, rtp(0x1234)).toString('hex')).toBe(
      '800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb',
    )
  })

  it.each(suites)('is opened by whoever has the key, with %s', (suite) => {
    const sender = new SrtpSender({ suite, key })
    const packet = rtp(1)
    const sent = protectedBy(sender, packet)
    expect(opened(new SrtpReceiver({ suite, key }), sent)).toBe(packet.toString('hex'))
    expect(opened(new SrtpReceiver({ suite, key: other }), sent)).toBe('dropped')
  })

  it('takes each packet once, late ones too, but none that is too late', () => {
    const sender = new SrtpSender({ suite: 'AES_CM_128_HMAC_SHA1_80', key })
    const receiver = new SrtpReceiver({ suite: 'AES_CM_128_HMAC_SHA1_80', key })
    const sent = Array.from({ length: 200 }, (_, at) => protectedBy(sender, rtp(1000 + at)))
    const open = (at: number) => opened(receiver, sent[at] ?? Buffer.alloc(0)) !== 'dropped'
    expect([open(0), open(0), open(2), open(1), open(1), open(199), open(72), open(72), open(71)]).toEqual([
      true,
      false,
      true,
      true,
      false,
      true,
      true,
      false,
      false,
    ])
  })

  it('goes on when the sequence number begins anew, also with the packets out of order', () => {
    const sender = new SrtpSender({ suite: 'AES_CM_128_HMAC_SHA1_80', key })
    const receiver = new SrtpReceiver({ suite: 'AES_CM_128_HMAC_SHA1_80', key })
    const packets = [65_533, 65_534, 65_535, 0, 1, 2].map((sequence) => rtp(sequence))
    const sent = packets.map((packet) => protectedBy(sender, packet))
    for (const at of [0, 1, 3, 2, 5, 4]) {
      expect(opened(receiver, sent[at] ?? Buffer.alloc(0))).toBe(packets[at]?.toString('hex'))
    }
  })

  it('knows a new source from its first packet on, and not from a forged one', () => {
    const sender = () => new SrtpSender({ suite: 'AES_CM_128_HMAC_SHA1_80', key })
    const receiver = new SrtpReceiver({ suite: 'AES_CM_128_HMAC_SHA1_80', key })
    const forged = protectedBy(
      new SrtpSender({ suite: 'AES_CM_128_HMAC_SHA1_80', key: other }),
      rtp(60_000, { ssrc: 2 }),
    )
    expect(opened(receiver, protectedBy(sender(), rtp(9)))).not.toBe('dropped')
    expect(opened(receiver, forged)).toBe('dropped')
    expect(opened(receiver, protectedBy(sender(), rtp(9, { ssrc: 2 })))).not.toBe('dropped')
  })

  it('opens RTCP once, and none that came in the clear', () => {
    for (const suite of suites) {
      const sender = new SrtpSender({ suite, key })
      const receiver = new SrtpReceiver({ suite, key })
      const report = Buffer.from('80c90001cafebabe0102030405060708', 'hex')
      const room = Buffer.concat([report, Buffer.alloc(14)])
      const sent = room.subarray(0, sender.protectRtcp(room, report.length))
      expect(sent).toHaveLength(report.length + 14)
      const copy = Buffer.from(sent)
      expect(copy.subarray(0, receiver.unprotectRtcp(copy)).toString('hex')).toBe(report.toString('hex'))
      expect(receiver.unprotectRtcp(Buffer.from(sent))).toBe(-1)
      const clear = Buffer.from(sent)
      clear[report.length] = 0
      expect(new SrtpReceiver({ suite, key }).unprotectRtcp(clear)).toBe(-1)
    }
  })

  it('drops whatever was changed on its way, and never throws', () => {
    const sent = protectedBy(new SrtpSender({ suite: 'AES_CM_128_HMAC_SHA1_32', key }), rtp(5))
    fc.assert(
      fc.property(fc.nat(sent.length - 1), fc.integer({ min: 1, max: 255 }), fc.nat(sent.length), (at, flip, cut) => {
        const receiver = new SrtpReceiver({ suite: 'AES_CM_128_HMAC_SHA1_32', key })
        const changed = Buffer.from(sent)
        changed[at] = (changed[at] ?? 0) ^ flip
        receiver.unprotectRtcp(Buffer.from(changed.subarray(0, cut)))
        const shorter = cut < sent.length ? opened(receiver, changed.subarray(0, cut)) : 'dropped'
        return opened(receiver, changed) === 'dropped' && shorter === 'dropped'
      }),
      { seed: 11, numRuns: 300 },
    )
  })
})
