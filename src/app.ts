import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import Type from 'typebox'
import { openCarrier } from '#carrier/carrier-process.ts'
import { type SeatCall, SeatCalls } from '#contact-center/acd/seat-call.ts'
import { SeatKeeper } from '#contact-center/acd/seat-keeper.ts'
import { SeatLegs } from '#contact-center/acd/seat-legs.ts'
import { seatStream } from '#contact-center/acd/seat-news.ts'
import { CampaignSeats } from '#contact-center/acd/seat-offer.ts'
import { reconcileSeats } from '#contact-center/acd/seat-reconciler.ts'
import { seatRoutes } from '#contact-center/acd/seat-routes.ts'
import { SeatService } from '#contact-center/acd/seat-service.ts'
import { campaignsWithFreeSeats, seatChannel } from '#contact-center/acd/seat-store.ts'
import { callForSeat } from '#contact-center/calls/agent-call.ts'
import { defaultResultRules } from '#contact-center/calls/attempt-result.ts'
import { CallApplier, type JournaledCallEvent } from '#contact-center/calls/call-applier.ts'
import { parseJournaled } from '#contact-center/calls/call-journal.ts'
import { LeaseKeeper, leaseSeconds, takeLease } from '#contact-center/calls/lease-keeper.ts'
import { callPatient, type PatientCallParts } from '#contact-center/calls/patient-call.ts'
import { Reconciler } from '#contact-center/calls/reconciler.ts'
import { campaignRoutes } from '#contact-center/campaigns/campaign-routes.ts'
import { Dialer } from '#contact-center/dialer/dialer.ts'
import { dialableTrunks, hasSimulatedTrunk, pointSimulatedTrunks } from '#contact-center/dialer/trunk-store.ts'
import { flowFolder } from '#contact-center/ivr/flow-files.ts'
import { runFlow } from '#contact-center/ivr/flow-runner.ts'
import { FlowShelf } from '#contact-center/ivr/flow-shelf.ts'
import { variablesOf } from '#contact-center/ivr/json.ts'
import { kindRegistry } from '#contact-center/ivr/node-kind.ts'
import { ownKinds } from '#contact-center/ivr/nodes/own-kinds.ts'
import { openPrompts, type PromptBook } from '#contact-center/ivr/prompt-library.ts'
import { recordingRoutes } from '#contact-center/recording/recording-routes.ts'
import { judgeClosedRecording } from '#contact-center/recording/recording-service.ts'
import type { Lease, Work } from '#contact-center/work-source.ts'
import { callListRoutes } from '#follow-up/calls/call-list-routes.ts'
import { CallList } from '#follow-up/calls/call-list-service.ts'
import { deskRoutes } from '#follow-up/desk/desk-routes.ts'
import { DeskForm } from '#follow-up/desk/form-service.ts'
import { PatientRecords } from '#follow-up/desk/record-service.ts'
import { campaignControl } from '#follow-up/dialling/campaign-control.ts'
import { FollowUpWork } from '#follow-up/dialling/work-source.ts'
import { importRoutes } from '#follow-up/intake/import-routes.ts'
import { liveRoutes } from '#follow-up/live/live-routes.ts'
import { liveStream } from '#follow-up/live/live-schema.ts'
import { Live } from '#follow-up/live/live-service.ts'
import { WhyNotWatch } from '#follow-up/live/why-not-watch.ts'
import { surveyKind } from '#follow-up/questionnaire/survey-node.ts'
import { whyNot } from '#follow-up/status/why-not.ts'
import { taskSweep } from '#follow-up/tasks/task-sweep.ts'
import { workChannel } from '#follow-up/tasks/work-channel.ts'
import { AuditSealer } from '#platform/audit/audit-sealer.ts'
import { authRoutes } from '#platform/auth/auth-routes.ts'
import { Auth } from '#platform/auth/auth-service.ts'
import { sleep } from '#platform/clock.ts'
import type { GroundFloor } from '#platform/ground.ts'
import { serveConsole } from '#platform/http/console-files.ts'
import { databaseReadiness, migrationReadiness } from '#platform/http/readiness.ts'
import { createHttpServer } from '#platform/http/server.ts'
import { openCron } from '#platform/jobs/cron.ts'
import { addJob, defineJob, openJobs } from '#platform/jobs/jobs.ts'
import { Journal } from '#platform/journal/journal.ts'
import { openHub } from '#platform/realtime/hub.ts'
import { streamRetention } from '#platform/realtime/stream-retention.ts'
import { openEmbeddedSwitch } from '#telephony/embedded-switch.ts'
import type { MediaServerAddress } from '#telephony/media-server-address.ts'
import { openTelephony } from '#telephony/open-telephony.ts'
import { Registrar } from '#telephony/registrar/registrar.ts'
import type { SipServerAddress } from '#telephony/sip-link.ts'
import type { PatientLeg, SeatLeg, Telephony } from '#telephony/telephony.ts'

const flowsFolder = new URL('../ivr-flows/', import.meta.url).pathname
const consoleFolder = new URL('../dist/console/', import.meta.url).pathname
const latestMigration = '0007-register-nonce'

/** A call waits for its pop at most so long: it does not wait for a database that is away. */
const shownWithinMs = 150

/** The whole house, running. */
export interface House {
  /** Where the console is. */
  readonly url: string
  /** Calls that this process carries now. */
  readonly callsInProgress: () => number
  close(): Promise<void>
}

/**
 * Opens every storey above the ground in order and connects them; `close()` closes them in reverse. The only file that
 * knows every storey (architecture §2).
 */
export async function openHouse(ground: GroundFloor): Promise<House> {
  const opened = new AsyncDisposableStack()
  try {
    return await openStoreys(ground, opened)
  } catch (error) {
    await opened.disposeAsync()
    throw error
  }
}

async function openStoreys(ground: GroundFloor, opened: AsyncDisposableStack): Promise<House> {
  const servers = await openServers(ground, opened)
  const { log, clock, db, listener } = ground
  const telephony = await openTelephony({ ...servers, log, clock })
  opened.defer(() => telephony.close())

  const judge = (recordingId: string) => judgeClosedRecording({ db, log, gapless: servers.embedded }, recordingId)
  const judgeJob = defineJob({
    name: 'recording.judge',
    payload: Type.Object({ recordingId: Type.String() }),
    run: ({ recordingId }) => judge(recordingId),
  })
  const retention = streamRetention(db)
  const sweep = taskSweep(db)
  const jobs = await openJobs({ url: ground.url, jobs: [judgeJob, retention.job, sweep.job], log })
  opened.defer(() => jobs.close())
  const cron = openCron({ db, entries: [retention, sweep], log })
  opened.defer(() => cron.close())
  const sealer = new AuditSealer({ db, clock, log })
  sealer.start()
  opened.defer(() => sealer.close())

  const lease = await takeLease(db, ground.settings.dataDir)
  const work = new FollowUpWork({ db, secrets: ground.secrets, clock, leaseSeconds })
  const applier = new CallApplier({
    db,
    work,
    log,
    judgeLater: (tx, recordingId) => addJob(tx, judgeJob, { recordingId }, { key: `recording ${recordingId}` }),
    onEnded: () => dialer.wake(),
  })
  const journal = await Journal.open<JournaledCallEvent>(join(ground.settings.dataDir, 'journal'), {
    apply: (batch) => applier.apply(batch),
    parse: parseJournaled,
    log,
    clock,
  })
  opened.defer(() => journal.close())
  const keeper = new LeaseKeeper({ db, lease, clock, log })
  opened.defer(() => keeper.close())

  const seats = openSeats(ground, { telephony, work, lease })
  opened.defer(() => seats.close())
  const registrar = new Registrar({ db, listener, secrets: ground.secrets, log })
  registrar.onChange((change) => void seats.service.phoneChanged(change))
  opened.defer(() => registrar.close())

  const calling = callingParts(ground, { telephony, work, lease, journal })
  const ours = new Set<string>()
  const carry = async ({ attemptId }: Work, call: () => Promise<void>) => {
    ours.add(attemptId)
    // Until its last event is in the rows the attempt is ours, whatever the rows say.
    await call().finally(() => journal.applied().then(() => ours.delete(attemptId)))
  }
  const agentCalling = {
    ...calling,
    telephony,
    work,
    seats: {
      leg: (seatId: string) => seats.legs.leg(seatId),
      ringBack: (seatId: string, withinMs: number, giveUp: Promise<unknown>) =>
        seats.legs.ringBack(seatId, withinMs, giveUp),
      enter: (seatId: string, call: SeatCall) => seats.calls.enter(seatId, call),
      legLost: (seatId: string, leg: SeatLeg) => seats.service.legLost(seatId, leg),
      hangUp: (seatId: string) => seats.legs.hangUp(seatId),
    },
    shown: () => Promise.race([journal.applied(), sleep(clock, shownWithinMs)]),
    apology: apologyPrompt(calling.prompts),
  }
  const dialer: Dialer = new Dialer({
    work,
    telephony,
    lease,
    clock,
    log,
    trunks: () => dialableTrunks(db),
    call: (one) => carry(one, () => callPatient(calling, one)),
    seats: {
      campaigns: (trunkId) => {
        const { seatIds } = seats.legs
        return seatIds.length === 0 ? Promise.resolve([]) : campaignsWithFreeSeats(db, lease, { trunkId, seatIds })
      },
      offer: (campaignId) => new CampaignSeats(lease, campaignId, seats.legs.seatIds),
      call: (one, seat) => carry(one, () => callForSeat(agentCalling, one, seat)),
    },
  })
  const reconciler = new Reconciler({
    db,
    lease,
    telephony,
    work,
    apply: (batch) => applier.apply(batch),
    judge,
    seats: () => reconcileSeats({ db, lease, telephony, log, isOurs: (seatId) => seats.legs.has(seatId) }),
    isOurs: (attemptId) => ours.has(attemptId),
    onClosed: () => dialer.wake(),
    clock,
    log,
  })

  const url = await openHttp(ground, { telephony, seats: seats.service }, opened)
  // What an earlier process left comes first: its journal into the rows, its legs to their end.
  await journal.applied()
  await reconciler.start()
  opened.defer(() => reconciler.close())
  const heard = await listener.listen(workChannel, {
    onPayload: () => dialer.wake(),
    onResync: () => void keeper.renew().then(() => dialer.wake()),
  })
  opened.defer(() => heard.close())
  const seatsHeard = await listener.listen(seatChannel, {
    onPayload: (news) => {
      seats.keeper.wake()
      if (news.endsWith(' idle available')) dialer.wake()
    },
    onResync: () => seats.keeper.wake(),
  })
  opened.defer(() => seatsHeard.close())
  seats.keeper.wake()
  telephony.onRegister((request) => registrar.answer(request))
  await registrar.start()
  dialer.start()
  opened.defer(() => dialer.close({ hangUp: () => telephony.close() }))
  log.info({ url, lease }, 'the house is open')

  return { url, callsInProgress: () => dialer.callsInProgress, close: () => opened.disposeAsync() }
}

interface Servers {
  readonly drachtio: SipServerAddress
  readonly freeswitches: readonly MediaServerAddress[]
  /** Our own stand-ins. */
  readonly embedded: boolean
}

/** The pair that is configured, or our own; and the simulated carrier where a trunk leads to it. */
async function openServers({ settings, db, log, clock }: GroundFloor, opened: AsyncDisposableStack): Promise<Servers> {
  const { dataDir, bind, sipPort } = settings
  if (await hasSimulatedTrunk(db)) {
    const carrier = await openCarrier({
      stateFile: join(dataDir, 'carrier.json'),
      onLog: (line) => log.debug({ carrier: line }, 'carrier says'),
    })
    opened.defer(() => carrier.close())
    await pointSimulatedTrunks(db, { host: carrier.state.host, port: carrier.state.sipPort })
  }
  if (settings.switches !== null) {
    return { drachtio: settings.switches.drachtio, freeswitches: settings.switches.freeswitch, embedded: false }
  }
  const pair = await openEmbeddedSwitch({ dataDir, bind, sipPort, log, clock })
  opened.defer(() => pair.close())
  return { drachtio: pair.drachtio, freeswitches: pair.freeswitches, embedded: true }
}

interface Seats {
  readonly legs: SeatLegs
  readonly calls: SeatCalls
  readonly service: SeatService
  readonly keeper: SeatKeeper
  close(): Promise<void>
}

/** The agents' seats: the legs that this process holds, what agents do, the deadlines. */
function openSeats(
  { db, clock, log }: GroundFloor,
  { telephony, work, lease }: { readonly telephony: Telephony; readonly work: FollowUpWork; readonly lease: Lease },
): Seats {
  const calls = new SeatCalls()
  const legs: SeatLegs = new SeatLegs({ telephony, clock, onLost: (seatId, leg) => service.legLost(seatId, leg) })
  const service = new SeatService({ db, lease, work, legs, calls, clock, log })
  const keeper = new SeatKeeper({ db, lease, work, legs, clock, log })
  return {
    legs,
    calls,
    service,
    keeper,
    close: async () => {
      await keeper.close()
      await legs.close()
      await service.close()
    },
  }
}

/** The prompt for a patient whose agent was lost, where the hospital has one. */
function apologyPrompt(prompts: PromptBook): string | null {
  const id = 'agent-lost'
  return prompts.durationMs(id) === undefined ? null : prompts.resolve(id)
}

/** What one call needs: telephony below, the journal beside, flow and prompts. */
function callingParts(
  { settings, clock, log }: GroundFloor,
  {
    telephony,
    work,
    lease,
    journal,
  }: {
    readonly telephony: Telephony
    readonly work: FollowUpWork
    readonly lease: Lease
    readonly journal: Journal<JournaledCallEvent>
  },
): PatientCallParts & { readonly prompts: PromptBook } {
  const folder = flowFolder(flowsFolder)
  const overrides = join(settings.dataDir, 'prompts')
  const prompts = openPrompts({ language: 'zh-CN', shipped: folder.prompts, overrides })
  const shelf = new FlowShelf({
    kinds: kindRegistry(...ownKinds, surveyKind()),
    prompts,
    healthWords: folder.healthWords,
  })
  return {
    telephony,
    work,
    lease,
    clock,
    log,
    prompts,
    resultRules: () => defaultResultRules,
    journal: (event, under) => journal.append({ event, lease: under }),
    recordingPath: async (attemptId) => {
      const day = join(recordingsFolder(settings.dataDir), clock.now().toISOString().slice(0, 10))
      await mkdir(day, { recursive: true, mode: 0o770 })
      return join(day, `${attemptId}.wav`)
    },
    runFlow: (leg: PatientLeg, one, onRecord, callLog) => {
      const variables = variablesOf(one.variables)
      const flow = shelf.flow(one.flowVersionId, one.flow, variables)
      return runFlow({ leg, flow, variables, prompts, clock, onRecord, log: callLog })
    },
  }
}

function recordingsFolder(dataDir: string): string {
  return join(dataDir, 'recordings')
}

/** API, console and realtime hub. @returns the address they are at */
async function openHttp(
  ground: GroundFloor,
  { telephony, seats }: { readonly telephony: Telephony; readonly seats: SeatService },
  opened: AsyncDisposableStack,
): Promise<string> {
  const { settings, db, log, clock, listener, secrets } = ground
  const auth = new Auth(db)
  const decrypt = (sealed: Buffer) => secrets.decrypt(sealed)
  const server = await createHttpServer({
    db,
    auth,
    log,
    readiness: [
      databaseReadiness(db),
      migrationReadiness(db, latestMigration),
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
  await server.register(seatRoutes, { seats })
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
    mayRead: (session, stream) =>
      (stream === liveStream && session.rights.has('live.read')) ||
      // A seat has its agent's id: nobody reads another's.
      (stream === seatStream(session.accountId) && session.rights.has('seat.use')),
  })
  opened.defer(() => hub.close())
  const watch = new WhyNotWatch({ db, listener, clock, log, whyNot, isWatched: () => hub.watchers(liveStream) > 0 })
  hub.onWatchersChange((stream) => stream === liveStream && watch.watchersChanged())
  await watch.start()
  opened.defer(() => watch.close())
  return server.listen({ host: settings.bind, port: settings.port })
}
