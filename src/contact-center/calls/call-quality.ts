import { sql } from 'kysely'
import type { GroundTransaction } from '#platform/database/database.ts'
import type { PatientLeg } from '#telephony/telephony.ts'
import type { CallEvent, LineQuality } from './call-event.ts'

/** In a word, for people. */
export type QualityGrade = 'good' | 'fair' | 'poor'

/** Null is what nobody has told. */
interface Judged {
  readonly mos: number | null
  readonly lossIn: number | null
  readonly lossOut: number | null
  readonly jitterInMs: number | null
  readonly jitterOutMs: number | null
  readonly roundTripMs: number | null
}

/**
 * Where talking becomes work, and where it hardly goes: of the worse direction. Round trips: ITU-T G.114 calls 150 ms one
 * way free of trouble and 400 ms the end of what can be planned for; loss: G.711 with concealment (G.113) loses a grade
 * near 3 % and two near 8 %; jitter beyond 60 ms is more than most telephones hold back.
 */
const fair = { mos: 4, loss: 0.02, jitterMs: 30, roundTripMs: 300 }
const poor = { mos: 3.1, loss: 0.06, jitterMs: 60, roundTripMs: 800 }

export function gradeOf({ mos, lossIn, lossOut, jitterInMs, jitterOutMs, roundTripMs }: Judged): QualityGrade {
  const worse = (limit: typeof fair) =>
    (mos !== null && mos < limit.mos) ||
    Math.max(lossIn ?? 0, lossOut ?? 0) > limit.loss ||
    Math.max(jitterInMs ?? 0, jitterOutMs ?? 0) > limit.jitterMs ||
    (roundTripMs ?? 0) > limit.roundTripMs
  if (worse(poor)) return 'poor'
  return worse(fair) ? 'fair' : 'good'
}

/**
 * How the patient's line was, for the call's last event: a transaction of its own would stand before the next patient's
 * answer. To be asked when the leg has ended. A leg without sound has nothing to tell.
 */
export async function qualityOf(leg: PatientLeg): Promise<{ readonly quality?: LineQuality }> {
  const quality = await leg.quality()
  return quality === null ? {} : { quality }
}

export async function keepQuality(
  tx: GroundTransaction,
  { attemptId, at }: Pick<CallEvent, 'attemptId' | 'at'>,
  quality: LineQuality,
) {
  await sql`/* prepared: keep-quality */
    insert into call_quality
      (attempt_id, call_id, packets_in, loss_in, loss_out, jitter_in_ms, jitter_out_ms, round_trip_ms, mos, at)
    select c.attempt_id, c.id, ${quality.packetsIn}::integer, ${quality.lossIn}::real, ${quality.lossOut}::real,
      ${quality.jitterInMs}::real, ${quality.jitterOutMs}::real, ${quality.roundTripMs}::real, ${quality.mos}::real,
      ${at}::timestamptz
    from call c where c.attempt_id = ${attemptId}
    on conflict do nothing
  `.execute(tx)
}
