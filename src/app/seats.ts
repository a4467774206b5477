import { SeatArrivals } from '#contact-center/acd/seat-arrivals.ts'
import { SeatCalls } from '#contact-center/acd/seat-call.ts'
import { SeatKeeper } from '#contact-center/acd/seat-keeper.ts'
import { SeatLegs } from '#contact-center/acd/seat-legs.ts'
import { SeatService } from '#contact-center/acd/seat-service.ts'
import { SeatSessions } from '#contact-center/acd/seat-sessions.ts'
import { seatChannel } from '#contact-center/acd/seat-store.ts'
import type { Lease } from '#contact-center/work-source.ts'
import type { FollowUpWork } from '#follow-up/dialling/work-source.ts'
import { defaultAuthOptions } from '#platform/auth/auth-service.ts'
import type { Subscription } from '#platform/database/listen.ts'
import type { GroundFloor } from '#platform/ground.ts'
import type { Telephony } from '#telephony/telephony.ts'

export interface Seats {
  readonly legs: SeatLegs
  readonly calls: SeatCalls
  readonly service: SeatService
  readonly keeper: SeatKeeper
  readonly sessions: SeatSessions
  close(): Promise<void>
}

/** The agents' seats: the legs that this process holds, what agents do, the deadlines. */
export function openSeats(
  { db, clock, log, listener }: GroundFloor,
  { telephony, work, lease }: { readonly telephony: Telephony; readonly work: FollowUpWork; readonly lease: Lease },
): Seats {
  const calls = new SeatCalls()
  const legs: SeatLegs = new SeatLegs({ telephony, clock, onLost: (seatId, leg) => service.legLost(seatId, leg) })
  const service = new SeatService({ db, lease, work, legs, calls, clock, log })
  const arrivals = new SeatArrivals({ db, lease, legs, seats: service, log })
  telephony.onSeatCall((call) => void arrivals.arrive(call))
  const keeper = new SeatKeeper({ db, lease, work, legs, clock, log })
  const { idleMs } = defaultAuthOptions
  const sessions = new SeatSessions({ db, lease, listener, seats: service, idleMs, clock, log })
  return {
    legs,
    calls,
    service,
    keeper,
    sessions,
    close: async () => {
      await sessions.close()
      await keeper.close()
      await legs.close()
      await service.close()
    },
  }
}

/** The news of seats: deadlines are kept, who waits for a seat looks again, and who is free wakes the dialler. */
export function hearSeats(
  { listener }: GroundFloor,
  { keeper }: Seats,
  { onFree, onNews }: { readonly onFree: () => void; readonly onNews: () => void },
): Promise<Subscription> {
  return listener.listen(seatChannel, {
    onPayload: (news) => {
      // Only these have something that comes to its time.
      if (/ wrap_up | signing_out$/.test(news)) keeper.wake()
      onNews()
      if (news.endsWith(' idle available')) onFree()
    },
    onResync: () => {
      keeper.wake()
      onNews()
    },
  })
}
