/** The two channels of a recording, as a reader of the file has them. */
import { readFile } from 'node:fs/promises'

/** @param path a WAV file of 16 bits and two channels */
export async function readStereo(path: string): Promise<{ left: Int16Array; right: Int16Array }> {
  const file = await readFile(path)
  if (file.readUInt16LE(22) !== 2) throw new Error(`${path} has not two channels`)
  const data = file.indexOf('data') + 8
  const frames = Math.floor((file.length - data) / 4)
  const channel = (offset: number) =>
    Int16Array.from({ length: frames }, (_, i) => file.readInt16LE(data + i * 4 + offset))
  return { left: channel(0), right: channel(2) }
}
