import { describe, expect, it } from 'vitest'
import { sine } from '../../../test/harness/tones.ts'
import { decodeG711, encodeG711, G711_SILENCE, type G711Law } from './g711.ts'

const LAWS: G711Law[] = ['PCMU', 'PCMA']

describe.each(LAWS)('G.711 %s', (law) => {
  it('gives every code back that stands for a sample of its own', () => {
    const codes = Uint8Array.from({ length: 256 }, (_, code) => code)
    const samples = new Int16Array(256)
    decodeG711(law, codes, 0, 256, samples)
    const again = new Uint8Array(256)
    encodeG711(law, samples, 256, again, 0)
    // µ-law has two codes for zero; the encoder knows one.
    if (law === 'PCMU') codes[0x7f] = 0xff
    expect(again).toEqual(codes)
  })

  it('stays within half a step of the sample, 38 dB below it', () => {
    const samples = sine(1000, 800, 20_000)
    const codes = new Uint8Array(800)
    const heard = new Int16Array(800)
    encodeG711(law, samples, 800, codes, 0)
    decodeG711(law, codes, 0, 800, heard)
    const noise = samples.reduce((sum, sample, i) => sum + (sample - (heard[i] ?? 0)) ** 2, 0)
    const signal = samples.reduce((sum, sample) => sum + sample ** 2, 0)
    expect(10 * Math.log10(signal / noise)).toBeGreaterThan(37)
  })

  it('has silence as the code of zero', () => {
    const codes = new Uint8Array(1)
    encodeG711(law, new Int16Array(1), 1, codes, 0)
    expect(codes[0]).toBe(G711_SILENCE[law])
  })

  it('clips the loudest samples instead of wrapping them', () => {
    const heard = new Int16Array(2)
    const codes = new Uint8Array(2)
    encodeG711(law, Int16Array.of(32_767, -32_768), 2, codes, 0)
    decodeG711(law, codes, 0, 2, heard)
    expect(heard[0]).toBeGreaterThan(32_000)
    expect(heard[1]).toBeLessThan(-32_000)
  })
})

describe('G.711 values of the standard', () => {
  it('decodes the ends and the middle of both laws', () => {
    const heard = new Int16Array(4)
    decodeG711('PCMU', Uint8Array.of(0x00, 0x80, 0xff, 0x7f), 0, 4, heard)
    expect([...heard]).toEqual([-32_124, 32_124, 0, 0])
    decodeG711('PCMA', Uint8Array.of(0x2a, 0xaa, 0xd5, 0x55), 0, 4, heard)
    expect([...heard]).toEqual([-32_256, 32_256, 8, -8])
  })

  it('never writes more samples than fit', () => {
    const samples = new Int16Array(5)
    expect(decodeG711('PCMU', new Uint8Array(100), 0, 100, samples, 2)).toBe(3)
  })
})
