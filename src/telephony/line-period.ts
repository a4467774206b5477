import type { StreamReport } from './leg-quality.ts'

/**
 * How a leg's line was during a part of its life, by the RTCP reports that came meanwhile; null is what none has told.
 * Shares are 0 to 1; in is towards us, out as the far end has reported it.
 */
export interface LinePeriodQuality {
  readonly lossIn: number | null
  readonly lossOut: number | null
  /** The mean of what the reports said. */
  readonly jitterInMs: number | null
  readonly jitterOutMs: number | null
  /** The longest. */
  readonly roundTripMs: number | null
}

interface Stream {
  last: StreamReport | null
  expected: number
  lost: number
  reports: number
  jitterMs: number
}

/**
 * Gathers the differences between one report and the next, since their counts run for the whole life of a stream.
 * The first one is held against the last from before the period, so that up to one interval between reports (1 s with
 * FreeSWITCH, 2 to 6 s with the softswitch) of what was before is counted with it, and as much of the end is not.
 */
export class LinePeriod {
  readonly #streams: Readonly<Record<StreamReport['direction'], Stream>>
  #roundTripMs: number | null = null

  /** @param before the last report of each direction from before the period */
  constructor(before: Readonly<Partial<Record<StreamReport['direction'], StreamReport>>>) {
    const begin = (last: StreamReport | undefined): Stream => ({
      last: last ?? null,
      expected: 0,
      lost: 0,
      reports: 0,
      jitterMs: 0,
    })
    this.#streams = { in: begin(before.in), out: begin(before.out) }
  }

  take(report: StreamReport): void {
    const stream = this.#streams[report.direction]
    const { last } = stream
    stream.last = report
    stream.reports += 1
    stream.jitterMs += report.jitterMs
    if (report.roundTripMs !== null) this.#roundTripMs = Math.max(this.#roundTripMs ?? 0, report.roundTripMs)
    if (last === null || last.source !== report.source) return
    const expected = (report.highestSequence ?? 0) - (last.highestSequence ?? 0)
    // A stream that has begun anew under the same number.
    if (expected <= 0) return
    stream.expected += expected
    // What came late takes back what was counted as lost before.
    stream.lost += Math.min(expected, Math.max(0, report.lost - last.lost))
  }

  /** @returns null when no report came */
  get quality(): LinePeriodQuality | null {
    const { in: toUs, out } = this.#streams
    if (toUs.reports + out.reports === 0) return null
    return {
      lossIn: lossOf(toUs),
      lossOut: lossOf(out),
      jitterInMs: jitterOf(toUs),
      jitterOutMs: jitterOf(out),
      roundTripMs: this.#roundTripMs,
    }
  }
}

function lossOf({ expected, lost }: Stream): number | null {
  return expected === 0 ? null : lost / expected
}

function jitterOf({ reports, jitterMs }: Stream): number | null {
  return reports === 0 ? null : jitterMs / reports
}
