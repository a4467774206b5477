import type { SeatCalls } from '#contact-center/acd/seat-call.ts'
import type { SeatLegs } from '#contact-center/acd/seat-legs.ts'
import type { Auth } from '#platform/auth/auth-service.ts'
import { SessionWatch } from '#platform/auth/session-watch.ts'
import type { GroundFloor } from '#platform/ground.ts'
import { noProxies } from '#platform/http/proxies.ts'
import type { HttpServer } from '#platform/http/server.ts'
import { openTunnel, type TunnelAddress } from '#platform/http/tunnel.ts'

/** Where a seat's page finds it. */
const path = '/sip'

/**
 * The way of browser phones to drachtio's WebSocket. It ends with the session that came through, but not in a call: then
 * after it. The leg of a page that was expelled ends as well, since its sound does not come this way.
 */
export async function openSipTunnel(
  { db, listener, clock, log, settings }: GroundFloor,
  {
    server,
    auth,
    target,
    calls,
    legs,
  }: {
    readonly server: HttpServer
    readonly auth: Auth
    readonly target: TunnelAddress | null
    readonly calls: SeatCalls
    readonly legs: SeatLegs
  },
  opened: AsyncDisposableStack,
): Promise<void> {
  const watch = new SessionWatch({ auth, listener, clock, log })
  await watch.start()
  opened.defer(() => watch.close())
  const tunnel = openTunnel({
    server: server.server,
    path,
    protocol: 'sip',
    target,
    right: 'seat.use',
    auth,
    watch,
    db,
    clock,
    log,
    proxies: settings.proxies ?? noProxies,
    parseCookies: (header) => server.parseCookie(header),
    // A seat has its agent's id.
    staysFor: ({ accountId }) => calls.whenFree(accountId),
    onExpelled: ({ accountId }, left) => {
      if (left === 0) void legs.leg(accountId)?.hangUp()
    },
  })
  opened.defer(() => tunnel.close())
}
