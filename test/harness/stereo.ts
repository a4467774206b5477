import { readFile } from 'node:fs/promises'
import { expect } from 'vitest'

/** Both channels of a recording; fails unless the file is a whole stereo WAV at 8 kHz. */
export async function readStereo(path: string) {
  const file = await readFile(path)
  expect(file.toString('latin1', 0, 4)).toBe('RIFF')
  expect(file.readUInt16LE(22)).toBe(2)
  expect(file.readUInt32LE(24)).toBe(8_000)
  const data = file.indexOf('data') + 8
  const bytes = file.readUInt32LE(data - 4)
  expect(data + bytes).toBe(file.length)
  const frames = Math.floor(bytes / 4)
  const channel = (offset: number) =>
    Int16Array.from({ length: frames }, (_, i) => file.readInt16LE(data + i * 4 + offset))
  return { left: channel(0), right: channel(2), milliseconds: frames / 8 }
}

/** The samples of a recording with one channel; fails unless the file is whole. */
export async function readMono(path: string): Promise<Int16Array> {
  const file = await readFile(path)
  expect(file.readUInt16LE(22)).toBe(1)
  const data = file.indexOf('data') + 8
  const bytes = file.readUInt32LE(data - 4)
  expect(data + bytes).toBe(file.length)
  return Int16Array.from({ length: bytes / 2 }, (_, i) => file.readInt16LE(data + i * 2))
}
