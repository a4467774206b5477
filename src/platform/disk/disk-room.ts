import { type Static, Type } from 'typebox'

/** What is watched: the data folder, and the recordings where they lie on another disk. */
export type DiskPlace = 'data' | 'recordings'

/** `low`: somebody should look. `full`: no call begins, so that those in progress end with their recordings. */
export type RoomState = 'ok' | 'low' | 'full'

export interface DiskSpace {
  /** For the house's own user. */
  readonly freeBytes: number
  readonly totalBytes: number
}

/** A gigabyte as disks are sold: 10⁹ bytes. */
export const gigabyte = 1e9

export const DiskThresholds = Type.Object(
  {
    /** Below this, or below that share of the disk, is `low`. */
    warnGb: Type.Number({ minimum: 1, maximum: 100_000 }),
    warnPercent: Type.Number({ minimum: 0, maximum: 50 }),
    /** Below this is `full`. */
    stopGb: Type.Number({ minimum: 0.2, maximum: 1_000 }),
  },
  { additionalProperties: false },
)
export type DiskThresholds = Static<typeof DiskThresholds>

/** Leaving a state takes a tenth more room than entering it, so that a disk at its limit does not stop and start calls. */
const easing = 1.1

export function roomState(
  before: RoomState,
  { freeBytes, totalBytes }: DiskSpace,
  { warnGb, warnPercent, stopGb }: DiskThresholds,
): RoomState {
  const stop = stopGb * gigabyte
  const warn = Math.max(warnGb * gigabyte, (totalBytes * warnPercent) / 100)
  if (freeBytes < (before === 'full' ? stop * easing : stop)) return 'full'
  return freeBytes < (before === 'ok' ? warn : warn * easing) ? 'low' : 'ok'
}

/** How much of a disk was used at a moment. */
export interface DiskUse {
  readonly usedBytes: number
  readonly at: Date
}

const dayMs = 86_400_000

/**
 * Whole days until the disk is full, at the growth of the last week (requirements §8.7).
 * @param earlier any order; those of more than a week ago do not count
 * @returns null while less than a day is known, or where nothing grows
 */
export function daysLeft({ freeBytes, totalBytes }: DiskSpace, earlier: readonly DiskUse[], now: Date): number | null {
  const weekAgo = now.getTime() - 7 * dayMs
  const since = earlier
    .filter(({ at }) => at.getTime() >= weekAgo)
    .reduce<DiskUse | null>((first, one) => (first === null || one.at < first.at ? one : first), null)
  if (since === null) return null
  const days = (now.getTime() - since.at.getTime()) / dayMs
  const grown = totalBytes - freeBytes - since.usedBytes
  return days < 1 || grown <= 0 ? null : Math.floor(freeBytes / (grown / days))
}
