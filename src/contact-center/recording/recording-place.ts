import { join, relative, resolve, sep } from 'node:path'

/**
 * Where a recording lies. Rows and events know its name, which is relative to the folder of recordings, so that a
 * restored data folder may lie anywhere; the media server is told the whole path.
 */
export interface RecordingPlace {
  /** `2026-11-22/<attempt>.wav`: a folder for each day (UTC). */
  readonly name: string
  /** Absolute. */
  readonly path: string
}

export function recordingPlace(folder: string, attemptId: string, at: Date): RecordingPlace {
  const name = `${at.toISOString().slice(0, 10)}/${attemptId}.wav`
  return { name, path: join(folder, name) }
}

/** Whose recording a name says it is, as {@link recordingPlace} names them. @returns null for another file's name */
export function attemptNamed(name: string): string | null {
  return /^\d{4}-\d\d-\d\d\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.wav$/.exec(name)?.[1] ?? null
}

/**
 * The name in what earlier releases wrote: they told whole paths, and their journals may still hold some. Other texts are
 * as they were.
 */
export function recordingName(path: string): string {
  return /\/recordings\/([^/]+\/[^/]+\.wav)$/.exec(path)?.[1] ?? path
}

/** @returns the whole path, or null for a name that leads out of the folder: such a file is never read or removed */
export function pathWithin(folder: string, name: string): string | null {
  const whole = resolve(folder, name)
  const inside = relative(resolve(folder), whole)
  return inside === '' || inside === '..' || inside.startsWith(`..${sep}`) ? null : whole
}
