import { type FileHandle, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** A segment is one file of frames, numbered from 1 without end; only the newest is written to. */
export function segmentPath(folder: string, segment: number): string {
  return join(folder, `${String(segment).padStart(12, '0')}.journal`)
}

/** Numbers of the segments there are, oldest first. */
export async function listSegments(folder: string): Promise<readonly number[]> {
  const names = await readdir(folder)
  return names
    .flatMap((name) => /^(\d{12})\.journal$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((one, other) => one - other)
}

/** Makes the file, and makes sure that its name too survives a power cut. */
export async function createSegment(folder: string, segment: number): Promise<FileHandle> {
  const file = await open(segmentPath(folder, segment), 'wx', 0o600)
  const names = await open(folder, 'r')
  try {
    await names.sync()
  } finally {
    await names.close()
  }
  return file
}
