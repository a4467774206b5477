import { floorQueues } from '#contact-center/acd/queue-store.ts'
import { seatDialRoutes } from '#contact-center/acd/seat-dial-routes.ts'
import type { SeatDialling } from '#contact-center/acd/seat-dialling.ts'
import { seatStream } from '#contact-center/acd/seat-news.ts'
import { SeatPages } from '#contact-center/acd/seat-pages.ts'
import { seatRoutes } from '#contact-center/acd/seat-routes.ts'
import { campaignRoutes } from '#contact-center/campaigns/campaign-routes.ts'
import { floorRoutes } from '#contact-center/floor/floor-routes.ts'
import { Floor } from '#contact-center/floor/floor-service.ts'
import { ownPromptRoutes } from '#contact-center/prompts/own-prompt-routes.ts'
import { RecordingOpening } from '#contact-center/recording/recording-opening.ts'
import { recordingRoutes } from '#contact-center/recording/recording-routes.ts'
import { restoredReadiness } from '#contact-center/restored/restored-watch.ts'
import { guardReadiness } from '#contact-center/retention/retention-guard.ts'
import { storageRoutes } from '#contact-center/retention/storage-routes.ts'
import { supervisionRoutes } from '#contact-center/supervision/supervision-routes.ts'
import { Supervision } from '#contact-center/supervision/supervision-service.ts'
import { teamRoutes } from '#contact-center/teams/team-routes.ts'
import { Teams } from '#contact-center/teams/team-service.ts'
import { trunkRoutes } from '#contact-center/trunks/trunk-routes.ts'
import { Trunks, TrunkTests } from '#contact-center/trunks/trunk-service.ts'
import { voiceRoutes } from '#contact-center/voices/voice-routes.ts'
import { callingRoutes } from '#follow-up/calling/calling-routes.ts'
import { callListRoutes } from '#follow-up/calls/call-list-routes.ts'
import { CallList } from '#follow-up/calls/call-list-service.ts'
import { deskRoutes } from '#follow-up/desk/desk-routes.ts'
import { DeskForm } from '#follow-up/desk/form-service.ts'
import { PatientRecords } from '#follow-up/desk/record-service.ts'
import { campaignControl } from '#follow-up/dialling/campaign-control.ts'
import { campaignSettingsRoutes } from '#follow-up/dialling/campaign-settings-routes.ts'
import { testNumbers, trunkHome } from '#follow-up/dialling/trunk-setup.ts'
import { hospitalWords } from '#follow-up/intake/hospital-intake.ts'
import { importRoutes } from '#follow-up/intake/import-routes.ts'
import { liveRoutes } from '#follow-up/live/live-routes.ts'
import { liveStream } from '#follow-up/live/live-schema.ts'
import { Live } from '#follow-up/live/live-service.ts'
import { WhyNotWatch } from '#follow-up/live/why-not-watch.ts'
import { patientRoutes } from '#follow-up/patients/patient-routes.ts'
import { peopleRoutes } from '#follow-up/patients/people-routes.ts'
import type { LackWatch } from '#follow-up/programmes/lack-watch.ts'
import { programmeRoutes } from '#follow-up/programmes/programme-routes.ts'
import { questionnaireRoutes } from '#follow-up/questionnaire/questionnaire-routes.ts'
import { canBeAskedByKeys } from '#follow-up/questionnaire/survey-check.ts'
import { ReportExports } from '#follow-up/reports/export-service.ts'
import { reportRoutes } from '#follow-up/reports/report-routes.ts'
import { Reports } from '#follow-up/reports/report-service.ts'
import { whyNot } from '#follow-up/status/why-not.ts'
import { Worklist } from '#follow-up/tasks/worklist.ts'
import { worklistRoutes } from '#follow-up/tasks/worklist-routes.ts'
import { auditRoutes } from '#platform/audit/audit-routes.ts'
import { accountRoutes } from '#platform/auth/account-routes.ts'
import { Accounts } from '#platform/auth/account-service.ts'
import { authRoutes } from '#platform/auth/auth-routes.ts'
import { Auth } from '#platform/auth/auth-service.ts'
import { lessAccessChannel, sessionChannel } from '#platform/auth/session-store.ts'
import type { ChannelHandler } from '#platform/database/listen.ts'
import { latestMigration } from '#platform/database/migrate.ts'
import type { DiskWatch } from '#platform/disk/disk-watch.ts'
import type { GroundFloor } from '#platform/ground.ts'
import { isLoopback, openCertificate, type ServerCertificate } from '#platform/http/certificate.ts'
import { serveConsole } from '#platform/http/console-files.ts'
import { listenAt } from '#platform/http/listen-at.ts'
import { noProxies } from '#platform/http/proxies.ts'
import { databaseReadiness, migrationReadiness } from '#platform/http/readiness.ts'
import { createHttpServer } from '#platform/http/server.ts'
import type { TunnelAddress } from '#platform/http/tunnel.ts'
import { type Log, logError } from '#platform/log.ts'
import { openHub } from '#platform/realtime/hub.ts'
import type { Telephony } from '#telephony/telephony.ts'
import { type HouseFlows, openQuestionnaires } from './prompts.ts'
import { recordingsFolder } from './recordings.ts'
import type { Seats } from './seats.ts'
import { openSipTunnel } from './sip-tunnel.ts'
import { restOf, streamAccess } from './stream-access.ts'

const consoleFolder = new URL('../../dist/console/', import.meta.url).pathname

export interface Console {
  readonly url: string
  /** Null: plain HTTP. */
  readonly certificate: ServerCertificate | null
}

/** Somebody may see less than before: a role or a team has gone. */
function judging(supervision: Supervision, log: Log): ChannelHandler {
  const judge = () =>
    void supervision.endNotAllowed().catch((error: unknown) => logError(log, error, 'supervisions could not be judged'))
  return { onPayload: judge, onResync: judge }
}

/** API, console and realtime hub. @returns where they are */
export async function openHttp(
  ground: GroundFloor,
  {
    telephony,
    seats,
    dialling,
    flows,
    sipWs,
    disks,
    lacks,
  }: {
    readonly telephony: Telephony
    readonly seats: Seats
    readonly dialling: SeatDialling
    readonly flows: HouseFlows
    readonly sipWs: TunnelAddress | null
    readonly disks: DiskWatch
    readonly lacks: LackWatch
  },
  opened: AsyncDisposableStack,
): Promise<Console> {
  const { settings, db, log, clock, listener, secrets } = ground
  const accounts = new Accounts(db)
  // Who tries the house in several browsers is not sent from one to the other.
  const auth = new Auth(db, { singleSession: async () => !settings.demo && (await accounts.singleSession()) })
  const { bind, dataDir, tls, https } = settings
  const proxies = settings.proxies ?? noProxies
  const own = { bind, given: tls, dataDir, clock, evenOnLoopback: https === 'always' }
  const certificate = https === 'no' ? null : await openCertificate(own)
  const folder = recordingsFolder(dataDir)
  const decrypt = (sealed: Buffer) => secrets.decrypt(sealed)
  const server = await createHttpServer({
    db,
    auth,
    log,
    certificate,
    proxies,
    readiness: [
      databaseReadiness(db),
      migrationReadiness(db, await latestMigration()),
      disks.readiness,
      guardReadiness({ db, folder }),
      restoredReadiness(db),
      flows.book.readiness(),
      lacks.readiness,
      { name: 'telephony', check: async () => (telephony.up ? null : 'drachtio or every media server is away') },
    ],
  })
  opened.defer(() => server.close())
  await server.register(authRoutes, { auth })
  await server.register(campaignRoutes, { db, control: campaignControl(db) })
  await server.register(campaignSettingsRoutes, { db })
  await server.register(callingRoutes, { db, clock })
  await server.register(programmeRoutes, {
    db,
    isAskedByKeys: (document) => canBeAskedByKeys(document, flows.book),
  })
  await server.register(liveRoutes, { live: new Live({ db, decrypt, whyNot }) })
  const people = { db, decrypt, hmacPhone: (number: string) => secrets.hmacPhone(number) }
  await server.register(callListRoutes, { db, calls: new CallList(people) })
  await server.register(worklistRoutes, { db, worklist: new Worklist(people) })
  const pages = new SeatPages({
    db,
    secrets,
    legs: seats.legs,
    seats: seats.service,
    isWatched: (seatId) => hub.watchers(seatStream(seatId)) > 0,
  })
  await server.register(seatRoutes, { seats: seats.service, pages })
  await server.register(seatDialRoutes, { dialling, seats: seats.service, pages })
  const floor = new Floor({ db, queues: floorQueues })
  await server.register(floorRoutes, { floor })
  const supervision = new Supervision({ db, legs: seats.legs, calls: seats.calls, log })
  await server.register(supervisionRoutes, { supervision })
  const judged = await listener.listen(lessAccessChannel, judging(supervision, log))
  opened.defer(() => judged.close())
  const sessionsJudged = await listener.listen(sessionChannel, judging(supervision, log))
  opened.defer(() => sessionsJudged.close())
  await server.register(deskRoutes, { records: new PatientRecords({ db, decrypt }), form: new DeskForm(db) })
  await server.register(patientRoutes, { db, secrets })
  const reports = new Reports({ db, clock })
  await server.register(reportRoutes, { db, reports, exports: new ReportExports({ db, reports, log, decrypt }) })
  await server.register(peopleRoutes, { db, secrets })
  await server.register(importRoutes, { intake: ground, words: () => hospitalWords(dataDir) })
  const opening = new RecordingOpening({
    db,
    clock,
    log,
    folder,
    ticketKey: secrets.keyFor('recording tickets'),
  })
  await server.register(recordingRoutes, { opening, db })
  await server.register(storageRoutes, { db, folder })
  await server.register(accountRoutes, { accounts, auth })
  await server.register(auditRoutes, { db })
  await server.register(trunkRoutes, {
    db,
    trunks: new Trunks({
      db,
      secrets,
      house: () => ({ onLoopback: isLoopback(bind), sip: telephony.sipPlaces }),
      ...trunkHome(db),
    }),
    tests: new TrunkTests({
      db,
      secrets,
      telephony,
      clock,
      log,
      prompt: () => flows.book.resolve('opening'),
      ...testNumbers(secrets),
    }),
  })
  await server.register(teamRoutes, { teams: new Teams({ db, secrets }) })
  const { workshop, questionnaires, voices } = openQuestionnaires(ground, flows)
  await server.register(ownPromptRoutes, { workshop })
  await server.register(voiceRoutes, { voices, workshop })
  await server.register(questionnaireRoutes, { questionnaires })
  await serveConsole(server, consoleFolder)

  const hub = await openHub({
    server: server.server,
    auth,
    db,
    listener,
    clock,
    log,
    parseCookies: (header) => server.parseCookie(header),
    mayRead: streamAccess(floor),
    restMs: restOf,
    proxies,
  })
  opened.defer(() => hub.close())
  await openSipTunnel(ground, { server, auth, target: sipWs, calls: seats.calls, legs: seats.legs }, opened)
  const watch = new WhyNotWatch({ db, listener, clock, log, whyNot, isWatched: () => hub.watchers(liveStream) > 0 })
  hub.onWatchersChange((stream) => stream === liveStream && watch.watchersChanged())
  await watch.start()
  opened.defer(() => watch.close())
  return { url: await listenAt(server, { host: bind, port: settings.port }), certificate }
}
