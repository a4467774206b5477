import { sql } from 'kysely'
import '../../../src/contact-center/acd/acd-tables.ts'
import { QueueBook } from '../../../src/contact-center/acd/queue-book.ts'
import { QueueMatcher } from '../../../src/contact-center/acd/queue-matcher.ts'
import type { PhoneKind } from '../../../src/contact-center/acd/seat.ts'
import { SeatArrivals } from '../../../src/contact-center/acd/seat-arrivals.ts'
import { SeatCalls } from '../../../src/contact-center/acd/seat-call.ts'
import { SeatDialling } from '../../../src/contact-center/acd/seat-dialling.ts'
import { SeatKeeper } from '../../../src/contact-center/acd/seat-keeper.ts'
import { SeatLegs } from '../../../src/contact-center/acd/seat-legs.ts'
import { CampaignSeats, type ReservedSeat } from '../../../src/contact-center/acd/seat-offer.ts'
import { SeatPages } from '../../../src/contact-center/acd/seat-pages.ts'
import { reconcileSeats } from '../../../src/contact-center/acd/seat-reconciler.ts'
import { SeatService } from '../../../src/contact-center/acd/seat-service.ts'
import { type AgentCallParts, callForSeat } from '../../../src/contact-center/calls/agent-call.ts'
import { defaultResultRules } from '../../../src/contact-center/calls/attempt-result.ts'
import { answersExpress, CallApplier, type JournaledCallEvent } from '../../../src/contact-center/calls/call-applier.ts'
import { HandOver } from '../../../src/contact-center/calls/hand-over.ts'
import { ratingIn } from '../../../src/contact-center/calls/hang-up-rating.ts'
import { callPatient } from '../../../src/contact-center/calls/patient-call.ts'
import { Reconciler } from '../../../src/contact-center/calls/reconciler.ts'
import { openFlow } from '../../../src/contact-center/ivr/flow.ts'
import { readJson } from '../../../src/contact-center/ivr/flow-files.ts'
import { anyPrompts, testWorld } from '../../../src/contact-center/ivr/flow-fixture.ts'
import { runFlow } from '../../../src/contact-center/ivr/flow-runner.ts'
import { variablesOf } from '../../../src/contact-center/ivr/json.ts'
import { recordingPlace } from '../../../src/contact-center/recording/recording-place.ts'
import { Supervision } from '../../../src/contact-center/supervision/supervision-service.ts'
import type { Claimed, Lease } from '../../../src/contact-center/work-source.ts'
import type { FollowUpWork } from '../../../src/follow-up/dialling/work-source.ts'
import { surveyKind } from '../../../src/follow-up/questionnaire/survey-node.ts'
import { insertAccount } from '../../../src/platform/auth/account-store.ts'
import type { Role } from '../../../src/platform/auth/rights.ts'
import { type VirtualClock, virtualClock } from '../../../src/platform/clock.ts'
import type { Ground } from '../../../src/platform/database/database.ts'
import { newId } from '../../../src/platform/ids.ts'
import { Backlog } from '../../../src/platform/journal/backlog.ts'
import { createLog, type Log } from '../../../src/platform/log.ts'
import { Office, secrets } from '../follow-up/office.ts'
import { type FakeDial, type FakeRoom, type FakeSeatCall, FakeTelephony } from './fake-telephony.ts'

/** The last number of a telephone that a test dials counts only twice a day: each patient has one of their own. */
const flows = new URL('../../../ivr-flows/', import.meta.url).pathname
const questionnaires = `${flows}questionnaires/`
const shippedQuestionnaire = readJson(`${questionnaires}discharge-satisfaction.json`)
const world = testWorld({ extraKinds: [surveyKind(() => shippedQuestionnaire)] })
const survey = openFlow(readJson(`${flows}discharge-satisfaction.json`), world)
const ratingFlow = openFlow(readJson(`${flows}hangup-rating.json`), world)

export interface FloorDraft {
  readonly patients?: number
  readonly maxConnections?: number
  /** How its campaign is dialled; default progressive. */
  readonly pacing?: 'progressive' | 'preview' | 'agentless'
}

export interface AgentDraft {
  readonly roles?: readonly Role[]
  /** The desk phone is registered. */
  readonly live?: boolean
  readonly phone?: PhoneKind | 'none'
}

/** A follow-up office with a progressive campaign, agents at desk phones, and nodes that carry calls over fake telephony. */
export class Floor {
  readonly office: Office
  readonly campaignId: string
  readonly teamId: string
  /** What was journaled and is not applied yet outlives the node that wrote it. */
  readonly journal: JournaledCallEvent[] = []
  #count = 0
  #epoch = 0

  private constructor(office: Office, campaignId: string, teamId: string) {
    this.office = office
    this.campaignId = campaignId
    this.teamId = teamId
  }

  static async open({ patients = 6, maxConnections = 4, pacing = 'progressive' }: FloorDraft = {}): Promise<Floor> {
    const office = await Office.open({ maxConnections })
    const teamId = newId()
    await office.db.insertInto('team').values({ id: teamId, siteId: office.siteId, name: '随访一组' }).execute()
    const campaignId = await office.campaign()
    await sql`update campaign set pacing = ${pacing}, team_id = ${teamId} where id = ${campaignId}`.execute(office.db)
    await office.programme({ campaignId })
    for (let n = 0; n < patients; n += 1) await office.due()
    return new Floor(office, campaignId, teamId)
  }

  get db(): Ground {
    return this.office.db
  }

  close(): Promise<void> {
    return this.office.close()
  }

  /** An agent with a desk phone that is registered. The seat's id is the agent's. */
  async agent({ roles = ['agent'], live = true, phone = 'desk' }: AgentDraft = {}) {
    const id = newId()
    await this.db.transaction().execute((tx) => {
      const account = { id, signInName: `a-${id}`, displayName: 'agent', passwordHash: 'x', mustChangePassword: false }
      return insertAccount(tx, account, roles)
    })
    await this.seatAgent(id, phone)
    if (!live)
      await sql`delete from registration where phone_id = (select phone_id from agent where user_id = ${id})`.execute(
        this.db,
      )
    return id
  }

  /** An agent who supervises the team, with a seat of their own. */
  async supervisor(): Promise<string> {
    const id = await this.agent({ roles: ['supervisor'] })
    await this.db.insertInto('teamSupervisor').values({ teamId: this.teamId, userId: id }).execute()
    return id
  }

  /** Makes an account an agent's, with a desk phone that is registered. */
  async seatAgent(id: string, phone: PhoneKind | 'none' = 'desk'): Promise<void> {
    const phoneId = newId()
    this.#count += 1
    const extension = String(8_000 + this.#count)
    const agent = { userId: id, agentNo: extension, teamId: this.teamId }
    if (phone === 'none') {
      await this.db.insertInto('agent').values(agent).execute()
      return
    }
    await sql`
      insert into phone (id, site_id, extension, kind, secret_ciphertext)
      values (${phoneId}, ${this.office.siteId}, ${extension}, ${phone}, ${secrets.encrypt('secret')})
    `.execute(this.db)
    await this.db
      .insertInto('agent')
      .values({ ...agent, phoneId })
      .execute()
    await this.register(id)
  }

  async register(agentId: string): Promise<void> {
    await sql`
      insert into registration (phone_id, contact, expires_at)
      select phone_id, 'sip:phone@127.0.0.1:5070', clock_timestamp() + interval '1 hour' from agent where user_id = ${agentId}
      on conflict (phone_id) do update set expires_at = excluded.expires_at
    `.execute(this.db)
  }

  /** A queue of the team. */
  async queue({ waitLimitSeconds = 60 }: { readonly waitLimitSeconds?: number } = {}): Promise<string> {
    const id = newId()
    const { siteId } = this.office
    await this.db
      .insertInto('queue')
      .values({ id, siteId, name: '人工', teamId: this.teamId, waitLimitSeconds })
      .execute()
    return id
  }

  /** Patients of the campaign are asked for a rating. */
  async askForRatings(): Promise<void> {
    await sql`update campaign set rating_flow = 'hangup-rating' where id = ${this.campaignId}`.execute(this.db)
  }

  async entries() {
    return this.db.selectFrom('queueEntry').selectAll().orderBy('enteredAt').orderBy('id').execute()
  }

  async attempt(id: string) {
    return this.db.selectFrom('attempt').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
  }

  /** The events of a call by type, with what a test asks for. */
  async events(attemptId: string) {
    const rows = await this.db
      .selectFrom('callEvent')
      .select('body')
      .where('attemptId', '=', attemptId)
      .orderBy('seq')
      .execute()
    return rows.map(({ body }) => body)
  }

  /** The next start of the node: its leases follow the earlier ones'. */
  async node(): Promise<Node> {
    this.#epoch += 1
    const node = new Node(this, { owner: 'node-a', epoch: this.#epoch })
    await node.applyAll()
    return node
  }

  async extension(agentId: string): Promise<string> {
    const { rows } = await sql<{ extension: string }>`
      select p.extension from agent g join phone p on p.id = g.phone_id where g.user_id = ${agentId}
    `.execute(this.db)
    return rows[0]?.extension ?? ''
  }

  async seat(agentId: string) {
    return this.db.selectFrom('seat').selectAll().where('agentId', '=', agentId).executeTakeFirstOrThrow()
  }

  async reservations(agentId: string) {
    return this.db
      .selectFrom('reservation')
      .selectAll()
      .where('seatId', '=', agentId)
      .orderBy('createdAt')
      .orderBy('id')
      .execute()
  }

  async task(attemptId: string) {
    return this.db
      .selectFrom('task')
      .innerJoin('attempt', 'attempt.taskId', 'task.id')
      .selectAll('task')
      .where('attempt.id', '=', attemptId)
      .executeTakeFirstOrThrow()
  }

  /** What the seat's page was told, by type. */
  async told(agentId: string) {
    return this.stream(`seat:${agentId}`)
  }

  /** What the supervisors of the team were told. */
  async toldFloor() {
    return this.stream(`floor:${this.teamId}`)
  }

  async stream(id: string) {
    const rows = await this.db
      .selectFrom('streamEvent')
      .select(['type', 'payload'])
      .where('streamId', '=', id)
      .orderBy('eventOffset')
      .execute()
    return rows.map(({ type, payload }) => ({ type, payload }))
  }

  /** Its time is over, by the clock of the database. */
  async passWrapUp(agentId: string): Promise<void> {
    await sql`
      update seat set wrap_up_until = clock_timestamp() - interval '1 second'
      where agent_id = ${agentId} and wrap_up_until is not null
    `.execute(this.db)
  }
}

export interface Carried {
  readonly work: Claimed
  readonly seat: ReservedSeat
  readonly done: Promise<void>
}

/** One process of the house: what it holds in memory, gone when it is killed. */
export class Node {
  readonly floor: Floor
  readonly lease: Lease
  readonly clock: VirtualClock = virtualClock()
  hasRoom = true
  hasFolder = true
  readonly telephony = new FakeTelephony()
  readonly legs: SeatLegs
  readonly calls = new SeatCalls()
  readonly service: SeatService
  readonly keeper: SeatKeeper
  readonly arrivals: SeatArrivals
  readonly supervision: Supervision
  readonly pages: SeatPages
  /** Seats whose stream a page reads. */
  readonly watched = new Set<string>()
  readonly carried: Carried[] = []
  readonly book: QueueBook
  readonly matcher: QueueMatcher
  readonly dialling: SeatDialling
  readonly apology = '/prompts/agent-lost.wav'
  readonly log: Log = createLog({
    level: 'error',
    destination: {
      write: (line) => {
        this.faults.push(line)
        this.#faulted.resolve()
      },
    },
  })
  /** What the node has logged at level error. */
  readonly faults: string[] = []
  readonly #faulted = Promise.withResolvers<void>()
  /** What happens between claim and INVITE. */
  beforeBegin: () => Promise<void> = async () => {}
  readonly #work: FollowUpWork
  readonly #applier: CallApplier
  readonly #busy = new Set<Promise<unknown>>()
  #applying: Promise<void> | undefined
  #arriving: Promise<void> = Promise.resolve()
  #stalled = false
  #dead = false

  constructor(floor: Floor, lease: Lease) {
    this.floor = floor
    this.lease = lease
    const { db } = floor
    const work = floor.office.work()
    this.#work = work
    const parts = { db, lease, work, log: this.log, clock: this.clock }
    this.legs = new SeatLegs({
      telephony: this.telephony,
      clock: this.clock,
      onLost: (seatId, leg) => this.#dead || this.service.legLost(seatId, leg),
    })
    this.service = new SeatService({ ...parts, legs: this.legs, calls: this.calls })
    this.keeper = new SeatKeeper({ ...parts, legs: this.legs })
    this.arrivals = new SeatArrivals({ ...parts, legs: this.legs, seats: this.service })
    this.telephony.onSeatCall((call) => {
      this.#arriving = this.arrivals.arrive(call)
    })
    this.supervision = new Supervision({ db, legs: this.legs, calls: this.calls, log: this.log })
    this.pages = new SeatPages({
      db,
      secrets,
      legs: this.legs,
      seats: this.service,
      isWatched: (seatId) => this.watched.has(seatId),
    })
    this.book = new QueueBook(db)
    this.matcher = new QueueMatcher({ db, lease, seatIds: () => this.legs.seatIds, clock: this.clock, log: this.log })
    this.dialling = new SeatDialling({
      hasRoom: () => this.hasRoom,
      hasFolder: () => this.hasFolder,
      db,
      lease,
      work,
      seatIds: () => this.legs.seatIds,
      carry: (one, seat) => this.#begin(one, seat),
    })
    this.#applier = new CallApplier({ db, work, log: this.log, judgeLater: async () => {}, onEnded: () => {} })
  }

  /** Claims for free seats as the dialler does, and carries what it got. */
  async dialForSeats(atMost = 10): Promise<readonly Carried[]> {
    const { campaignId, office } = this.floor
    const offer = new CampaignSeats(this.lease, campaignId, this.legs.seatIds)
    const claimed = await this.#work.claimForSeats(this.lease, { trunkId: office.trunkId, campaignId, atMost }, offer)
    const begun = claimed.map((work) => {
      const seat = offer.seatOf(work.attemptId)
      if (seat === undefined) throw new Error('an attempt without a seat')
      return this.#begin(work, seat)
    })
    await this.quiet()
    return begun
  }

  #begin(work: Claimed, seat: ReservedSeat): Carried {
    const done = this.#carry(work, seat)
    done.catch(() => {})
    const carried = { work, seat, done }
    this.carried.push(carried)
    return carried
  }

  /** Claims for a campaign without agents, and leads whoever answers through the shipped survey. */
  async dialPatients(atMost = 10): Promise<readonly { readonly work: Claimed; readonly done: Promise<void> }[]> {
    await this.book.load()
    const claimed = await this.#work.claim(this.lease, this.floor.office.trunkId, atMost)
    const prompts = anyPrompts()
    const begun = claimed.map((work) => {
      const parts = this.#callParts()
      const done = callPatient(
        {
          ...parts,
          asking: { lackOf: () => null, tell: () => Promise.resolve() },
          runFlow: (leg, { campaignId, variables }, hooks) => {
            const operator = this.book.find(campaignId, null) !== null
            const { answers = {} } = variablesOf(variables)
            return runFlow({
              leg,
              flow: survey,
              variables: { answers, operator },
              prompts,
              clock: this.clock,
              ...hooks,
            })
          },
          handOver: (call) =>
            new HandOver(
              {
                ...parts,
                queueOf: (campaignId, name) => this.book.find(campaignId, name),
                enter: (one) => this.matcher.enter(one),
              },
              call,
            ),
        },
        work,
      )
      done.catch(() => {})
      return { work, done }
    })
    await this.quiet()
    return begun
  }

  /** The telephone of a patient whom this attempt dials. */
  dialOf(attemptId: string): FakeDial {
    const dial = this.telephony.dials.find(({ order }) => order.attemptId === attemptId)
    if (dial === undefined) throw new Error('nobody is dialled')
    return dial
  }

  /** What the queues' and seats' channels tell in the house. */
  async match(): Promise<void> {
    await this.quiet()
    this.matcher.wake()
    await this.matcher.rest()
    await this.quiet()
  }

  /** Signs the agent in; the phone is lifted when it rings, or calls in. */
  async signIn(agentId: string): Promise<void> {
    const done = this.service.signIn(agentId)
    done.catch(() => {})
    await this.until(() => this.legs.has(agentId))
    const ring = this.telephony.ringAt(agentId)
    if (ring === undefined) await this.callIn(agentId)
    else ring.lift()
    await done
  }

  roomOf({ seat }: Pick<Carried, 'seat'>): FakeRoom {
    const room = this.telephony.rooms.get(seat.callId)
    if (room === undefined) throw new Error('there is no room')
    return room
  }

  /** Entries wait on disk. */
  stall(): void {
    this.#stalled = true
  }

  async unstall(): Promise<void> {
    this.#stalled = false
    await this.applyAll()
  }

  get stalled(): boolean {
    return this.#stalled
  }

  applyAll(): Promise<void> {
    this.#applying ??= this.#apply().finally(() => {
      this.#applying = undefined
    })
    return this.#applying
  }

  /** SIGKILL: nothing of it acts any more; its legs stay up at the servers. */
  kill(): void {
    this.#dead = true
  }

  /** What a start does with what an earlier one has left. */
  async reconcile(): Promise<void> {
    const { db } = this.floor
    const { lease, telephony } = this
    const reconciler = new Reconciler({
      db,
      lease,
      telephony,
      work: this.#work,
      apply: (batch) => this.#applier.apply(batch),
      judge: async () => {},
      seats: () => reconcileSeats({ db, lease, telephony, log: this.log, isOurs: (seatId) => this.legs.has(seatId) }),
      isOurs: () => false,
      onClosed: () => {},
      clock: this.clock,
      log: this.log,
    })
    await reconciler.start()
    await reconciler.close()
  }

  /** Deadlines and sign-outs. */
  async keep(): Promise<void> {
    this.keeper.wake()
    await this.keeper.rest()
    await this.quiet()
  }

  /** Until nothing is under way: every statement answered, every event applied (unless the journal stands still). */
  async quiet(): Promise<void> {
    for (let still = 0; still < 3; ) {
      await turn()
      if (this.#busy.size > 0 || this.#applying !== undefined) {
        still = 0
        await Promise.allSettled([...this.#busy, this.#applying])
      } else still += 1
      // What is tried again after a fault waits for a clock that nobody moves here.
      await Promise.race([this.service.rest(), this.#faulted.promise])
    }
  }

  /** The page's phone calls in. @param early before its seat awaits it */
  async callIn(agentId: string, { early = false }: { readonly early?: boolean } = {}): Promise<FakeSeatCall> {
    const call = this.telephony.callIn(await this.floor.extension(agentId))
    if (!early) await this.#arriving
    await this.quiet()
    return call
  }

  async until(condition: () => boolean): Promise<void> {
    for (let n = 0; !condition(); n += 1) {
      if (n > 2_000) throw new Error('it never came to pass')
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
  }

  #carry(work: Claimed, seat: ReservedSeat): Promise<void> {
    return callForSeat(this.#callParts(), work, seat)
  }

  #callParts(): AgentCallParts {
    const busy = <T>(promise: Promise<T>): Promise<T> => {
      // What a dead process waits for never comes.
      const watched = promise.then((value) => (this.#dead ? new Promise<never>(() => {}) : value))
      this.#busy.add(promise)
      const forget = () => this.#busy.delete(promise)
      promise.then(forget, forget)
      return watched
    }
    return {
      telephony: this.telephony,
      work: {
        begin: (claimed, lease) => busy(this.beforeBegin().then(() => this.#work.begin(claimed, lease))),
        release: (attemptIds, lease) => busy(this.#work.release(attemptIds, lease)),
      },
      seats: {
        leg: (seatId) => this.legs.leg(seatId),
        comeBack: (order) => this.legs.comeBack(order),
        enter: (seatId, call) => this.calls.enter(seatId, call),
        legLost: (seatId, leg) => this.service.legLost(seatId, leg),
        hangUp: (seatId) => this.legs.hangUp(seatId),
      },
      lease: this.lease,
      clock: this.clock,
      log: this.log,
      resultRules: () => defaultResultRules,
      journal: async (event, lease) => {
        if (this.#dead) return new Promise<never>(() => {})
        // As text, as a journal has it.
        this.floor.journal.push({ event: { ...structuredClone(event), at: new Date(event.at) }, lease })
        void this.applyAll()
      },
      recordingPlace: async (attemptId) => recordingPlace('/recordings', attemptId, this.clock.now()),
      shown: () => (this.#stalled ? Promise.resolve() : this.applyAll()),
      apology: () => this.apology,
      rate: async (leg, _flow, onRecord) => {
        const talk = runFlow({
          leg,
          flow: ratingFlow,
          variables: {},
          prompts: anyPrompts(),
          clock: this.clock,
          onRecord,
        })
        return ratingIn((await talk).variables)
      },
    }
  }

  async #apply(): Promise<void> {
    await turn()
    const { journal } = this.floor
    while (journal.length > 0 && !this.#stalled && !this.#dead) {
      // As the house's own: a call that was just answered beside all the others.
      const batch = journal.slice(0, 5)
      const backlog = new Backlog(answersExpress)
      for (const [offset, entry] of batch.entries()) backlog.add({ entry, next: { segment: 1, offset } })
      const ways = [backlog.takeUrgent(batch.length), backlog.take(batch.length)]
      await Promise.all(ways.map((taken) => this.#applier.apply(taken.map(({ entry }) => entry))))
      journal.splice(0, batch.length)
    }
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
