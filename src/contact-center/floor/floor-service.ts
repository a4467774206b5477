import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import { lastOffset } from '#platform/realtime/stream-store.ts'
import { floorStream } from '../acd/seat-news.ts'
import type { FloorQueue, FloorView } from './floor-schema.ts'
import { type FloorSeatRow, type FloorSupervisionRow, floorSeats, floorSupervision, serverTime } from './floor-store.ts'
import { supervisesTeam, teamsOf } from './team-scope-store.ts'

export interface FloorParts {
  readonly db: Ground
  /** What waits before these teams, at the same moment. */
  readonly queues?: (tx: GroundTransaction, teamIds: readonly string[]) => Promise<readonly FloorQueue[]>
}

/** The seats, calls and queues of a supervisor's teams: one look, which the streams `floor:<teamId>` move on. */
export class Floor {
  readonly #parts: FloorParts

  constructor(parts: FloorParts) {
    this.#parts = parts
  }

  async view(userId: string): Promise<FloorView> {
    return this.#parts.db
      .transaction()
      .setIsolationLevel('repeatable read')
      .execute(async (tx) => {
        const teams = await teamsOf(tx, userId)
        const ids = teams.map(({ id }) => id)
        const supervision = await floorSupervision(tx, ids)
        const seats = await floorSeats(tx, ids)
        const queues = (await this.#parts.queues?.(tx, ids)) ?? []
        const offsets: Record<string, number> = {}
        for (const id of ids) offsets[floorStream(id)] = await lastOffset(tx, floorStream(id))
        return {
          teams: [...teams],
          seats: seats.map((seat) => seatOf(seat, supervision)),
          queues: [...queues],
          offsets,
          serverTime: (await serverTime(tx)).toISOString(),
        }
      })
  }

  /** Whether a stream is the floor of a team of this person's. */
  async mayRead(userId: string, stream: string): Promise<boolean> {
    const prefix = floorStream('')
    return stream.startsWith(prefix) && supervisesTeam(this.#parts.db, userId, stream.slice(prefix.length))
  }
}

function seatOf(seat: FloorSeatRow, supervision: readonly FloorSupervisionRow[]): FloorView['seats'][number] {
  const { agentId, agentNo, name, teamId, status, statusReason, state, extension, phoneKind, phoneLive } = seat
  const { callId, attemptId, taskId, campaignId, answeredAt } = seat
  const call =
    callId === null || attemptId === null || taskId === null || campaignId === null
      ? null
      : { callId, attemptId, taskId, campaignId, answeredAt: answeredAt?.toISOString() ?? null }
  return {
    // A seat has its agent's id.
    seatId: agentId,
    agentId,
    agentNo,
    name,
    teamId,
    status,
    statusReason,
    statusSince: seat.statusSince.toISOString(),
    state,
    since: seat.since.toISOString(),
    phone: extension === null ? null : { extension, kind: phoneKind ?? 'desk', live: phoneLive },
    call,
    supervision: supervision
      .filter(({ seatId }) => seatId === agentId)
      .map(({ seatId: _seatId, since, ...one }) => ({ ...one, since: since.toISOString() })),
  }
}
