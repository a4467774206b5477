import { seatStream } from '#contact-center/acd/seat-news.ts'
import { SeatPages } from '#contact-center/acd/seat-pages.ts'
import { seatRoutes } from '#contact-center/acd/seat-routes.ts'
import { campaignRoutes } from '#contact-center/campaigns/campaign-routes.ts'
import { floorRoutes } from '#contact-center/floor/floor-routes.ts'
import { Floor } from '#contact-center/floor/floor-service.ts'
import { recordingRoutes } from '#contact-center/recording/recording-routes.ts'
import { supervisionRoutes } from '#contact-center/supervision/supervision-routes.ts'
import { Supervision } from '#contact-center/supervision/supervision-service.ts'
import { callListRoutes } from '#follow-up/calls/call-list-routes.ts'
import { CallList } from '#follow-up/calls/call-list-service.ts'
import { deskRoutes } from '#follow-up/desk/desk-routes.ts'
import { DeskForm } from '#follow-up/desk/form-service.ts'
import { PatientRecords } from '#follow-up/desk/record-service.ts'
import { campaignControl } from '#follow-up/dialling/campaign-control.ts'
import { importRoutes } from '#follow-up/intake/import-routes.ts'
import { liveRoutes } from '#follow-up/live/live-routes.ts'
import { liveStream } from '#follow-up/live/live-schema.ts'
import { Live } from '#follow-up/live/live-service.ts'
import { WhyNotWatch } from '#follow-up/live/why-not-watch.ts'
import { whyNot } from '#follow-up/status/why-not.ts'
import { authRoutes } from '#platform/auth/auth-routes.ts'
import { Auth } from '#platform/auth/auth-service.ts'
import { latestMigration } from '#platform/database/migrate.ts'
import type { GroundFloor } from '#platform/ground.ts'
import { openCertificate, type ServerCertificate } from '#platform/http/certificate.ts'
import { serveConsole } from '#platform/http/console-files.ts'
import { databaseReadiness, migrationReadiness } from '#platform/http/readiness.ts'
import { createHttpServer } from '#platform/http/server.ts'
import type { TunnelAddress } from '#platform/http/tunnel.ts'
import { openHub } from '#platform/realtime/hub.ts'
import type { Telephony } from '#telephony/telephony.ts'
import { recordingsFolder } from './recordings.ts'
import type { Seats } from './seats.ts'
import { openSipTunnel } from './sip-tunnel.ts'

const consoleFolder = new URL('../../dist/console/', import.meta.url).pathname

export interface Console {
  readonly url: string
  /** Null: plain HTTP. */
  readonly certificate: ServerCertificate | null
}

/** API, console and realtime hub. @returns where they are */
export async function openHttp(
  ground: GroundFloor,
  {
    telephony,
    seats,
    sipWs,
  }: { readonly telephony: Telephony; readonly seats: Seats; readonly sipWs: TunnelAddress | null },
  opened: AsyncDisposableStack,
): Promise<Console> {
  const { settings, db, log, clock, listener, secrets } = ground
  const auth = new Auth(db)
  const { bind, dataDir, tls } = settings
  const certificate = settings.https ? await openCertificate({ bind, given: tls, dataDir, clock }) : null
  const decrypt = (sealed: Buffer) => secrets.decrypt(sealed)
  const server = await createHttpServer({
    db,
    auth,
    log,
    certificate,
    readiness: [
      databaseReadiness(db),
      migrationReadiness(db, await latestMigration()),
      { name: 'telephony', check: async () => (telephony.up ? null : 'drachtio or every media server is away') },
    ],
  })
  opened.defer(() => server.close())
  await server.register(authRoutes, { auth })
  await server.register(campaignRoutes, { db, control: campaignControl(db) })
  await server.register(liveRoutes, { live: new Live({ db, decrypt, whyNot }) })
  await server.register(callListRoutes, {
    db,
    calls: new CallList({ db, decrypt, hmacPhone: (number) => secrets.hmacPhone(number) }),
  })
  const pages = new SeatPages({
    db,
    secrets,
    legs: seats.legs,
    seats: seats.service,
    isWatched: (seatId) => hub.watchers(seatStream(seatId)) > 0,
  })
  await server.register(seatRoutes, { seats: seats.service, pages })
  const floor = new Floor({ db })
  await server.register(floorRoutes, { floor })
  await server.register(supervisionRoutes, {
    supervision: new Supervision({ db, legs: seats.legs, calls: seats.calls, log }),
  })
  await server.register(deskRoutes, { records: new PatientRecords({ db, decrypt }), form: new DeskForm(db) })
  await server.register(importRoutes, { intake: ground })
  await server.register(recordingRoutes, { db, folder: recordingsFolder(settings.dataDir) })
  await serveConsole(server, consoleFolder)

  const hub = await openHub({
    server: server.server,
    auth,
    db,
    listener,
    clock,
    log,
    parseCookies: (header) => server.parseCookie(header),
    mayRead: async (session, stream) =>
      (stream === liveStream && session.rights.has('live.read')) ||
      // A seat has its agent's id: nobody reads another's.
      (stream === seatStream(session.accountId) && session.rights.has('seat.use')) ||
      (session.rights.has('floor.read') && (await floor.mayRead(session.accountId, stream))),
  })
  opened.defer(() => hub.close())
  await openSipTunnel(ground, { server, auth, target: sipWs, calls: seats.calls, legs: seats.legs }, opened)
  const watch = new WhyNotWatch({ db, listener, clock, log, whyNot, isWatched: () => hub.watchers(liveStream) > 0 })
  hub.onWatchersChange((stream) => stream === liveStream && watch.watchersChanged())
  await watch.start()
  opened.defer(() => watch.close())
  return { url: await server.listen({ host: bind, port: settings.port }), certificate }
}
