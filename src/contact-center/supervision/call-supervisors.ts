import type { Room } from '#telephony/telephony.ts'
import type { Supervising } from '../acd/seat-call.ts'
import type { CallEvents } from '../calls/call-events.ts'

/** The supervisors who are in one call now. Their coming, changing and going are events of the call. */
export class CallSupervisors {
  readonly #events: Pick<CallEvents, 'write'>
  readonly #in = new Map<string, Supervising>()

  constructor(events: Pick<CallEvents, 'write'>) {
    this.#events = events
  }

  /** Comes in, or changes how. A failure leaves the supervisor out of the call, which goes on. */
  async come(room: Room, one: Supervising): Promise<void> {
    const { supervisionId, supervisorId, leg, mode } = one
    const wasIn = this.#in.has(supervisionId)
    try {
      await room.supervise(leg, mode)
    } catch (error) {
      this.#gone(supervisionId)
      throw error
    }
    this.#in.set(supervisionId, one)
    this.#events.write({ type: 'supervised', supervisionId, supervisorId, mode })
    if (!wasIn) void leg.ended.then(() => this.#gone(supervisionId))
  }

  async leave(room: Room, supervisionId: string): Promise<void> {
    const one = this.#in.get(supervisionId)
    if (one === undefined) return
    this.#gone(supervisionId)
    await room.unsupervise(one.leg)
  }

  /** The call is somebody else's from now on, and who took it is no supervisor of it any more: everybody leaves. */
  async takenOver(room: Room, supervisionId: string): Promise<void> {
    // Of that one the call's own event tells.
    this.#in.delete(supervisionId)
    await Promise.allSettled([...this.#in.keys()].map((id) => this.leave(room, id)))
  }

  /** The call is over: its last event tells of everybody. */
  close(): void {
    this.#in.clear()
  }

  #gone(supervisionId: string): void {
    const one = this.#in.get(supervisionId)
    if (one === undefined) return
    this.#in.delete(supervisionId)
    this.#events.write({ type: 'supervised', supervisionId, supervisorId: one.supervisorId, mode: null })
  }
}
