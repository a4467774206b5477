import { join } from 'node:path'
import Type from 'typebox'
import { campaignsWithFreeSeats } from '#contact-center/acd/reservation-store.ts'
import { SeatDialling } from '#contact-center/acd/seat-dialling.ts'
import { CampaignSeats } from '#contact-center/acd/seat-offer.ts'
import { reconcileSeats } from '#contact-center/acd/seat-reconciler.ts'
import { callForSeat } from '#contact-center/calls/agent-call.ts'
import { answersExpress, CallApplier, type JournaledCallEvent } from '#contact-center/calls/call-applier.ts'
import { parseJournaled } from '#contact-center/calls/call-journal.ts'
import { type HandedOver, HandOver } from '#contact-center/calls/hand-over.ts'
import { LeaseKeeper, leaseSeconds, takeLease } from '#contact-center/calls/lease-keeper.ts'
import { callPatient } from '#contact-center/calls/patient-call.ts'
import { Reconciler } from '#contact-center/calls/reconciler.ts'
import { Dialer } from '#contact-center/dialer/dialer.ts'
import { FlowShelf } from '#contact-center/ivr/flow-shelf.ts'
import { promptSweep } from '#contact-center/prompts/prompt-sweep.ts'
import { judgeClosedRecording } from '#contact-center/recording/recording-service.ts'
import { RestoredWatch } from '#contact-center/restored/restored-watch.ts'
import { retentionRound } from '#contact-center/retention/retention-run.ts'
import { strayRound } from '#contact-center/retention/stray-service.ts'
import { dialableTrunks } from '#contact-center/trunks/trunk-store.ts'
import { TrunkWatch } from '#contact-center/trunks/trunk-watch.ts'
import type { Claimed } from '#contact-center/work-source.ts'
import { calendarRound } from '#follow-up/calling/calendar-service.ts'
import { barStoredNumbers } from '#follow-up/calling/number-bar-store.ts'
import { FollowUpWork } from '#follow-up/dialling/work-source.ts'
import { openSealedNumbers } from '#follow-up/patients/sealed-numbers.ts'
import { LackWatch } from '#follow-up/programmes/lack-watch.ts'
import { taskSweep } from '#follow-up/tasks/task-sweep.ts'
import { workChannel } from '#follow-up/tasks/work-channel.ts'
import { AuditSealer } from '#platform/audit/audit-sealer.ts'
import type { GroundFloor } from '#platform/ground.ts'
import type { ServerCertificate } from '#platform/http/certificate.ts'
import { openCron } from '#platform/jobs/cron.ts'
import { addJob, defineJob, openJobs } from '#platform/jobs/jobs.ts'
import { Journal } from '#platform/journal/journal.ts'
import { streamRetention } from '#platform/realtime/stream-retention.ts'
import { openTelephony } from '#telephony/open-telephony.ts'
import { Registrar } from '#telephony/registrar/registrar.ts'
import { agentCallingParts, callingParts, handOverParts } from './app/calling.ts'
import { openDisks } from './app/disks.ts'
import { openHttp } from './app/http.ts'
import { hearSounds, openFlows, ownPromptsFolder } from './app/prompts.ts'
import { openQueues } from './app/queues.ts'
import { recordingsFolder } from './app/recordings.ts'
import { hearSeats, openSeats } from './app/seats.ts'
import { openServers } from './app/servers.ts'

/** The whole house, running. */
export interface House {
  /** Where the console is. */
  readonly url: string
  /** Null: plain HTTP. */
  readonly certificate: ServerCertificate | null
  /** Calls that this process carries now. */
  readonly callsInProgress: () => number
  close(): Promise<void>
}

/**
 * Opens every storey above the ground in order and connects them; `close()` closes them in reverse. With the
 * rooms of `app/` the only place that knows every storey (architecture §2).
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
  // By the key that all nodes of one database have: a hospital's own, and no other's.
  const house = ground.secrets.keyFor('house mark').toString('hex', 0, 8)
  const telephony = await openTelephony({ ...servers, house, log, clock })
  opened.defer(() => telephony.close())

  const recordings = recordingsFolder(ground.settings.dataDir)
  const judge = (recordingId: string) =>
    judgeClosedRecording({ db, log, folder: recordings, gapless: servers.embedded }, recordingId)
  const judgeJob = defineJob({
    name: 'recording.judge',
    payload: Type.Object({ recordingId: Type.String() }),
    run: ({ recordingId }) => judge(recordingId),
  })
  const retention = streamRetention(db)
  const sweep = taskSweep(db)
  const calendar = calendarRound(db)
  const expiry = retentionRound({ db, folder: recordings })
  const strays = strayRound({ db, clock, folder: recordings })
  const prompts = promptSweep({ db, clock, folder: ownPromptsFolder(ground.settings.dataDir), recordings })
  const jobs = await openJobs({
    url: ground.url,
    jobs: [judgeJob, retention.job, sweep.job, calendar.job, strays.job, prompts.job, expiry.job],
    log,
  })
  opened.defer(() => jobs.close())
  const cron = openCron({ db, entries: [retention, sweep, calendar, strays, prompts, expiry], log })
  opened.defer(() => cron.close())
  const sealer = new AuditSealer({ db, clock, log })
  sealer.start()
  opened.defer(() => sealer.close())

  const lease = await takeLease(db, ground.settings.dataDir)
  const restored = new RestoredWatch({ db, clock, log, dataDir: ground.settings.dataDir, recordings })
  await restored.look()
  opened.defer(() => restored.close())
  const { disks, folder } = await openDisks(ground, { lease, onMayRecord: () => dialer.wake() })
  opened.defer(() => disks.close())
  opened.defer(() => folder.close())
  const work = new FollowUpWork({ db, secrets: ground.secrets, clock, leaseSeconds, restored })
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
    express: answersExpress,
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

  const seatIds = () => seats.legs.seatIds
  const queues = await openQueues(ground, { lease, seatIds })
  opened.defer(() => queues.close())
  const flows = openFlows(ground)
  const soundsHeard = await hearSounds(ground, flows)
  opened.defer(() => soundsHeard.close())
  const shelf = new FlowShelf(flows.world)
  const lacks = new LackWatch({ db, clock, log, node: lease.owner, lackOf: (asked) => shelf.lackOf(asked) })
  opened.defer(() => lacks.close())
  const calling = callingParts(ground, { telephony, work, lease, journal, queues, flows, shelf, lacks })
  const ours = new Set<string>()
  const carry = async ({ attemptId }: Claimed, call: () => Promise<void>) => {
    ours.add(attemptId)
    // Until its last event is in the rows the attempt is ours, whatever the rows say.
    await call().finally(() => journal.applied(attemptId).then(() => ours.delete(attemptId)))
  }
  const agentCalling = agentCallingParts(calling, seats)
  const handingOver = handOverParts(agentCalling, queues)
  const handOver = (call: HandedOver) => new HandOver(handingOver, call)
  const dialling = new SeatDialling({
    db,
    lease,
    work,
    seatIds,
    hasRoom: () => disks.hasRoom,
    hasFolder: () => folder.isOurs,
    carry: (one, seat) => dialer.carryForSeat(one, seat),
  })
  const dialer: Dialer = new Dialer({
    work,
    telephony,
    canRecord: () => disks.hasRoom && folder.isOurs,
    lease,
    clock,
    log,
    trunks: () => dialableTrunks(db),
    call: (one) => carry(one, () => callPatient({ ...calling, handOver }, one)),
    seats: {
      campaigns: (trunkId) => {
        const { seatIds } = seats.legs
        return seatIds.length === 0 ? Promise.resolve([]) : campaignsWithFreeSeats(db, lease, { trunkId, seatIds })
      },
      offer: (campaignId) => new CampaignSeats(lease, campaignId, seats.legs.seatIds),
      preview: (trunkId) => dialling.offerPreviews(trunkId),
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

  const { url, certificate } = await openHttp(
    ground,
    { telephony, seats, dialling, flows, sipWs: servers.sipWs, disks, lacks },
    opened,
  )
  // What an earlier process left comes first: its journal into the rows, its legs to their end.
  await journal.applied()
  await reconciler.start()
  await strays.order()
  opened.defer(() => reconciler.close())
  const heard = await listener.listen(workChannel, {
    onPayload: () => dialer.wake(),
    onResync: () => void Promise.all([restored.look(), keeper.renew(), lacks.look()]).then(() => dialer.wake()),
  })
  opened.defer(() => heard.close())
  const seatsHeard = await hearSeats(ground, seats, {
    onFree: () => dialer.wake(),
    onNews: () => queues.matcher.wake(),
  })
  opened.defer(() => seatsHeard.close())
  seats.keeper.wake()
  await seats.sessions.start()
  telephony.onRegister((request) => registrar.answer(request))
  telephony.onCallIn((request) => registrar.admit(request))
  await registrar.start()
  await barStoredNumbers({ db, secrets: ground.secrets, log })
  await openSealedNumbers({ db, secrets: ground.secrets, log })
  const trunkWatch = new TrunkWatch({ db, listener, telephony, clock, log })
  await trunkWatch.start()
  opened.defer(() => trunkWatch.close())
  await lacks.look()
  dialer.start()
  opened.defer(() => dialer.close({ hangUp: () => telephony.close() }))
  log.info({ url, lease }, 'the house is open')

  return { url, certificate, callsInProgress: () => dialer.callsInProgress, close: () => opened.disposeAsync() }
}
