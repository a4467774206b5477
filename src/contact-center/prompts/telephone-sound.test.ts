import { describe, expect, it } from 'vitest'
import { UserError } from '#platform/errors/errors.ts'
import { measurePrompt } from '../ivr/prompt-file.ts'
import { readRecording } from './recorded-sound.ts'
import { telephoneSound } from './telephone-sound.ts'

interface Take {
  readonly rate?: number
  readonly bits?: 8 | 16 | 24 | 32
  readonly float?: boolean
  readonly extensible?: boolean
  readonly seconds?: number
  /** A sample of each channel at a time in seconds, −1 to 1. */
  readonly sides: readonly ((at: number) => number)[]
}

const tone = (frequency: number, level: number) => (at: number) => Math.sin(2 * Math.PI * frequency * at) * level

/** A WAV as a recorder of that kind writes it. */
function take({ rate = 44_100, bits = 16, float = false, extensible = false, seconds = 1, sides }: Take): Buffer {
  const frames = Math.round(rate * seconds)
  const bytes = bits / 8
  const format = Buffer.alloc(extensible ? 40 : 16)
  format.writeUInt16LE(extensible ? 0xfffe : float ? 3 : 1, 0)
  format.writeUInt16LE(sides.length, 2)
  format.writeUInt32LE(rate, 4)
  format.writeUInt32LE(rate * bytes * sides.length, 8)
  format.writeUInt16LE(bytes * sides.length, 12)
  format.writeUInt16LE(bits, 14)
  if (extensible) format.writeUInt16LE(float ? 3 : 1, 24)
  const data = Buffer.alloc(frames * bytes * sides.length)
  for (let frame = 0; frame < frames; frame += 1) {
    for (const [side, sample] of sides.entries()) {
      const value = Math.max(-1, Math.min(1, sample(frame / rate)))
      const at = (frame * sides.length + side) * bytes
      if (float) data.writeFloatLE(value, at)
      else if (bits === 8) data[at] = Math.min(255, Math.round(value * 128) + 128)
      else data.writeIntLE(Math.round(value * (2 ** (bits - 1) - 1)), at, bytes)
    }
  }
  const chunk = (name: string, body: Buffer) => {
    const head = Buffer.alloc(8)
    head.write(name, 'latin1')
    head.writeUInt32LE(body.length, 4)
    return Buffer.concat([head, body])
  }
  const inside = Buffer.concat([Buffer.from('WAVE'), chunk('fmt ', format), chunk('data', data)])
  return chunk('RIFF', inside)
}

const made = (file: Buffer) => telephoneSound(readRecording(file))

function levelAt(wav: Buffer, frequency: number): number {
  let [real, imaginary] = [0, 0]
  const count = (wav.length - 44) / 2
  for (let i = 0; i < count; i += 1) {
    const angle = (2 * Math.PI * frequency * i) / 8_000
    real += wav.readInt16LE(44 + i * 2) * Math.cos(angle)
    imaginary += wav.readInt16LE(44 + i * 2) * Math.sin(angle)
  }
  return (Math.hypot(real, imaginary) * 2) / count
}

const refusal = (file: Buffer) => {
  try {
    made(file)
    return null
  } catch (error) {
    return error instanceof UserError ? error.code : error
  }
}

describe('a recording becomes what the telephone plays', () => {
  it.each([
    ['44.1 kHz stereo, 16 bit', { sides: [tone(1_000, 0.3), tone(1_000, 0.3)] }],
    ['48 kHz, 24 bit', { rate: 48_000, bits: 24, sides: [tone(1_000, 0.3)] }],
    [
      '48 kHz float in an extensible header',
      { rate: 48_000, bits: 32, float: true, extensible: true, sides: [tone(1_000, 0.3)] },
    ],
    ['192 kHz, 32 bit', { rate: 192_000, bits: 32, sides: [tone(1_000, 0.3)] }],
    ['22.05 kHz, 8 bit', { rate: 22_050, bits: 8, sides: [tone(1_000, 0.3)] }],
    ['8 kHz as it is', { rate: 8_000, sides: [tone(1_000, 0.3)] }],
  ] as const)('of %s: the same tone, one second, −20 dB', (_what, options) => {
    const { wav, durationMs, warnings } = made(take(options))
    const sound = measurePrompt(wav)
    expect(sound).toMatchObject({ sampleRate: 8_000, channels: 1, bitsPerSample: 16 })
    expect(durationMs).toBeGreaterThan(960)
    expect(durationMs).toBeLessThan(1_080)
    expect(sound.rmsDb).toBeGreaterThan(-20.7)
    expect(sound.rmsDb).toBeLessThan(-19.7)
    expect(levelAt(wav, 1_000)).toBeGreaterThan(4_000)
    expect(warnings).toEqual([])
  })

  it('and nothing from above 4 kHz folds into it', () => {
    const { wav } = made(take({ rate: 48_000, sides: [(at) => tone(500, 0.2)(at) + tone(5_000, 0.5)(at)] }))
    // 5 kHz would fold to 3 kHz.
    expect(levelAt(wav, 3_000)).toBeLessThan(levelAt(wav, 500) / 300)
  })

  it('without the silence before and behind', () => {
    const speech = (at: number) => (at > 1 && at < 2 ? tone(600, 0.3)(at) : 0)
    const { durationMs } = made(take({ rate: 16_000, seconds: 4, sides: [speech] }))
    expect(durationMs).toBeGreaterThan(1_000)
    expect(durationMs).toBeLessThan(1_150)
  })

  it('of a microphone wired crosswise, whose sides cancel each other', () => {
    const { wav } = made(take({ sides: [tone(1_000, 0.3), tone(1_000, -0.3)] }))
    expect(levelAt(wav, 1_000)).toBeGreaterThan(4_000)
  })
})

describe('its author is told', () => {
  it('of speech that was cut off', () => {
    expect(made(take({ sides: [tone(300, 2)] })).warnings).toEqual(['clipped'])
  })

  it('of a recording that is too quiet', () => {
    const { warnings, speechDb } = made(take({ sides: [tone(300, 0.008)] }))
    expect(warnings).toEqual(['quiet'])
    expect(speechDb).toBeLessThan(-40)
  })

  it.each([
    ['silence', 'PROMPT_SILENT', take({ sides: [() => 0] })],
    ['a header without sound', 'PROMPT_SILENT', take({ seconds: 0, sides: [() => 0] })],
    ['more than a minute', 'PROMPT_TOO_LONG', take({ rate: 8_000, seconds: 61, sides: [tone(300, 0.3)] })],
    ['six channels', 'PROMPT_FORMAT', take({ sides: Array.from({ length: 6 }, () => tone(300, 0.3)) })],
    ['4 kHz', 'PROMPT_FORMAT', take({ rate: 4_000, sides: [tone(300, 0.3)] })],
    ['text', 'PROMPT_NOT_WAV', Buffer.from('a song, perhaps')],
    ['nothing', 'PROMPT_NOT_WAV', Buffer.alloc(0)],
  ] as const)('why not, for %s', (_what, code, file) => {
    expect(refusal(file)).toBe(code)
  })

  it('of every broken header in its own words, never by a crash', () => {
    const whole = take({ rate: 8_000, seconds: 0.3, sides: [tone(300, 0.3)] })
    const codes = new Set<unknown>()
    for (let at = 0; at < 44; at += 1) {
      for (const byte of [0, 0x80, 0xff]) {
        const broken = Buffer.from(whole)
        broken[at] = byte
        codes.add(refusal(broken))
        codes.add(refusal(broken.subarray(0, at)))
      }
    }
    const words = new Set([null, 'PROMPT_NOT_WAV', 'PROMPT_FORMAT', 'PROMPT_SILENT', 'PROMPT_TOO_LONG'])
    expect([...codes].filter((code) => typeof code !== 'string' && code !== null)).toEqual([])
    expect([...codes].every((code) => words.has(code === null ? null : String(code)))).toBe(true)
  })
})
