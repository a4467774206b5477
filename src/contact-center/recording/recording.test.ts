import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { judgeRecording } from './recording.ts'
import { measureWav, NotAWav } from './wav-file.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'suifang-recording-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** A stereo WAV with a constant level on each channel; `dataLength` is what the header claims. */
function stereo(seconds: number, left: number, right: number, dataLength?: number): Buffer {
  const frames = Math.round(seconds * 8_000)
  const file = Buffer.alloc(44 + frames * 4)
  file.write('RIFF', 0, 'latin1')
  file.writeUInt32LE((36 + (dataLength ?? frames * 4)) % 2 ** 32, 4)
  file.write('WAVEfmt ', 8, 'latin1')
  file.writeUInt32LE(16, 16)
  file.writeUInt16LE(1, 20)
  file.writeUInt16LE(2, 22)
  file.writeUInt32LE(8_000, 24)
  file.writeUInt32LE(32_000, 28)
  file.writeUInt16LE(4, 32)
  file.writeUInt16LE(16, 34)
  file.write('data', 36, 'latin1')
  file.writeUInt32LE(dataLength ?? frames * 4, 40)
  for (let i = 0; i < frames; i++) {
    file.writeInt16LE(Math.round(left * 32_767), 44 + i * 4)
    file.writeInt16LE(Math.round(right * 32_767), 46 + i * 4)
  }
  return file
}

async function measured(file: Buffer) {
  const path = join(folder, `${createHash('md5').update(file).digest('hex')}.wav`)
  await writeFile(path, file)
  return { found: await measureWav(path), path }
}

describe('measuring a recording', () => {
  it('reads length, level of each channel and hash', async () => {
    const file = stereo(2, 0.25, 0.5)
    const { found } = await measured(file)
    expect(found).toMatchObject({ channels: 2, sampleRate: 8_000, frames: 16_000, durationMs: 2_000, repaired: false })
    expect(found.rms[0]).toBeCloseTo(0.25, 3)
    expect(found.rms[1]).toBeCloseTo(0.5, 3)
    expect(found.sha256).toBe(createHash('sha256').update(file).digest('hex'))
  })

  it.each([0, 0xffff_ffff])('repairs a header whose writer was killed (length %s)', async (claimed) => {
    const { found, path } = await measured(stereo(1, 0.1, 0.2, claimed))
    expect(found).toMatchObject({ frames: 8_000, repaired: true })
    const again = await measureWav(path)
    expect(again).toMatchObject({ frames: 8_000, repaired: false, sha256: found.sha256 })
    expect((await readFile(path)).readUInt32LE(40)).toBe(32_000)
  })

  it('refuses what is no recording', async () => {
    await expect(measured(Buffer.from('not audio at all, but long enough to hold forty-four bytes'))).rejects.toThrow(
      NotAWav,
    )
    await expect(measured(Buffer.alloc(3))).rejects.toThrow(NotAWav)
  })
})

describe('judging a recording', () => {
  const sound = {
    sampleRate: 8_000,
    channels: 2,
    frames: 80_000,
    durationMs: 10_000,
    rms: [0.1, 0.1],
    bytes: 1,
    sha256: '',
    repaired: false,
  }

  it('verifies one that is as long as the call, stereo and audible', () => {
    expect(judgeRecording(sound, { mediaMs: 10_900, gapless: true })).toEqual({
      state: 'verified',
      faults: [],
      gapMs: 0,
    })
  })

  it('calls one damaged that lacks more than a second where the server fills gaps', () => {
    expect(judgeRecording(sound, { mediaMs: 11_100, gapless: true })).toMatchObject({
      state: 'damaged',
      faults: ['too_short'],
    })
  })

  it('labels the gap where the server writes nothing while no packets arrive', () => {
    expect(judgeRecording(sound, { mediaMs: 14_000, gapless: false })).toEqual({
      state: 'verified',
      faults: [],
      gapMs: 4_000,
    })
  })

  it('calls one damaged in which the hospital is never heard', () => {
    expect(judgeRecording({ ...sound, rms: [0.1, 0] }, { mediaMs: 10_000, gapless: true }).faults).toEqual([
      'hospital_silent',
    ])
  })

  it('accepts a silent patient, and silence in a call too short for a prompt', () => {
    expect(judgeRecording({ ...sound, rms: [0, 0.1] }, { mediaMs: 10_000, gapless: true }).state).toBe('verified')
    const short = { ...sound, frames: 4_000, durationMs: 500, rms: [0, 0] }
    expect(judgeRecording(short, { mediaMs: 600, gapless: true }).state).toBe('verified')
  })

  it('calls an empty file damaged on any server', () => {
    const empty = { ...sound, frames: 0, durationMs: 0, rms: [0, 0] }
    expect(judgeRecording(empty, { mediaMs: 1_375_000, gapless: false }).faults).toEqual([
      'too_short',
      'hospital_silent',
    ])
  })
})
