import { describe, expect, it } from 'vitest'
import { sine, toneLevel } from '../../../test/harness/tones.ts'
import { encodeG711 } from './g711.ts'
import type { WavEncoding } from './wav.ts'
import { WavDecoder } from './wav-decoder.ts'

function decoder(encoding: WavEncoding, channels = 1, sampleRate = 8000): WavDecoder {
  return new WavDecoder({ encoding, channels, sampleRate, dataStart: 44, dataBytes: 0 })
}

function bytesOf(samples: Int16Array): Buffer {
  return Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength)
}

describe('WAV decoder', () => {
  it('gives 16-bit samples at 8 kHz as they are', () => {
    expect([...decoder('pcm16').decode(bytesOf(Int16Array.of(1, -2, 32_767, -32_768)))]).toEqual([
      1, -2, 32_767, -32_768,
    ])
  })

  it('reads 8-bit samples around their middle', () => {
    expect([...decoder('pcm8').decode(Buffer.of(128, 255, 0))]).toEqual([0, 127 << 8, -128 << 8])
  })

  it.each([
    ['ulaw', 'PCMU'],
    ['alaw', 'PCMA'],
  ] as const)('reads %s', (encoding, law) => {
    const codes = Buffer.alloc(800)
    encodeG711(law, sine(500, 800), 800, codes, 0)
    expect(toneLevel(decoder(encoding).decode(codes), 500)).toBeCloseTo(8000, -2)
  })

  it('averages two channels', () => {
    expect([...decoder('pcm16', 2).decode(bytesOf(Int16Array.of(100, 300, -100, -300)))]).toEqual([200, -200])
  })

  it.each([11_025, 16_000, 22_050, 44_100, 48_000])('keeps pitch, level and length from %i Hz', (rate) => {
    const samples = Int16Array.from({ length: rate }, (_, i) => 8000 * Math.sin((2 * Math.PI * 500 * i) / rate))
    const heard = decoder('pcm16', 1, rate).decode(bytesOf(samples))
    expect(Math.abs(heard.length - 8000)).toBeLessThanOrEqual(1)
    expect(toneLevel(heard, 500)).toBeGreaterThan(7500)
  })

  it('stretches what was recorded at 6 kHz', () => {
    const samples = Int16Array.from({ length: 6000 }, (_, i) => 8000 * Math.sin((2 * Math.PI * 500 * i) / 6000))
    const heard = decoder('pcm16', 1, 6000).decode(bytesOf(samples))
    expect(Math.abs(heard.length - 8000)).toBeLessThanOrEqual(1)
    expect(toneLevel(heard, 500)).toBeGreaterThan(7000)
  })

  it.each([44_100, 6000])('makes the same of chunks as of the whole, at %i Hz', (rate) => {
    const bytes = bytesOf(Int16Array.from({ length: rate / 10 }, (_, i) => 8000 * Math.sin(i / 20)))
    const whole = decoder('pcm16', 1, rate).decode(bytes)
    const chunked = decoder('pcm16', 1, rate)
    const parts: number[] = []
    for (let at = 0; at < bytes.length; at += 346) parts.push(...chunked.decode(bytes.subarray(at, at + 346)))
    expect(parts).toEqual([...whole])
  })

  it('ignores half a sample at the end', () => {
    expect(decoder('pcm16').decode(Buffer.of(1, 0, 2))).toHaveLength(1)
  })
})
