import { floorStream, seatStream } from '#contact-center/acd/seat-news.ts'
import type { Floor } from '#contact-center/floor/floor-service.ts'
import { liveStream } from '#follow-up/live/live-schema.ts'
import type { Session } from '#platform/auth/auth-service.ts'

/** Which streams a session may read; whatever is not named here, nobody may. */
export function streamAccess(floor: Pick<Floor, 'mayRead'>) {
  return async ({ accountId, rights }: Pick<Session, 'accountId' | 'rights'>, stream: string): Promise<boolean> =>
    (stream === liveStream && rights.has('live.read')) ||
    // A seat has its agent's id: nobody reads another's.
    (stream === seatStream(accountId) && rights.has('seat.use')) ||
    (rights.has('floor.read') && (await floor.mayRead(accountId, stream)))
}

/** Milliseconds for which pages rest between two looks at what moves all the time; a seat's page is told at once. */
export function restOf(stream: string): number {
  return stream === liveStream || stream.startsWith(floorStream('')) ? 100 : 0
}
