import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import '../../../src/contact-center/contact-center-tables.ts'
import { stateLease } from '../../../src/contact-center/calls/attempt-store.ts'
import { CallApplier, type JournaledCallEvent } from '../../../src/contact-center/calls/call-applier.ts'
import type { AttemptResult, CallEventBody } from '../../../src/contact-center/calls/call-event.ts'
import type { Claimed, Lease, Work } from '../../../src/contact-center/work-source.ts'
import { instantAt } from '../../../src/follow-up/calling/hospital-day.ts'
import { FollowUpWork, type FollowUpWorkParts } from '../../../src/follow-up/dialling/work-source.ts'
import type { EncounterKind, LegalBasis, Purpose, TaskState } from '../../../src/follow-up/follow-up-tables.ts'
import { enrolDischarges } from '../../../src/follow-up/programmes/enrol.ts'
import type { ProgrammeExclusions, ProgrammeMatch } from '../../../src/follow-up/programmes/programme.ts'
import {
  type ProgrammeStepDraft,
  publishProgrammeVersion,
} from '../../../src/follow-up/programmes/publish-programme.ts'
import { defaultRetryPlan, type RetryPlan } from '../../../src/follow-up/tasks/retry.ts'
import { frozenClock } from '../../../src/platform/clock.ts'
import { type Ground, openDatabase } from '../../../src/platform/database/database.ts'
import { newId } from '../../../src/platform/ids.ts'
import { silentLog } from '../../../src/platform/log.ts'
import { secretsOf } from '../../../src/platform/secrets.ts'
import { type TestDatabase, testDatabase } from '../../harness/database.ts'

/** A Monday, ten in the morning at the hospital: inside the default window. */
export const monday = '2026-11-23'
export const tenOnMonday = instantAt(monday, '10:00')
export const lease: Lease = { owner: 'node-a', epoch: 1 }
export const otherLease: Lease = { owner: 'node-b', epoch: 1 }

export const secrets = secretsOf(randomBytes(32))
const openers = new Map<string, Ground>()

export interface ProgrammeDraft {
  readonly campaignId?: string
  readonly legalBasis?: LegalBasis
  readonly purpose?: Purpose
  readonly isDefault?: boolean
  readonly match?: ProgrammeMatch
  readonly exclusions?: ProgrammeExclusions
  readonly retry?: RetryPlan
  readonly steps?: readonly Partial<ProgrammeStepDraft>[]
}

export interface PatientDraft {
  /** One number each; a number that was given before is the same row. Default one fresh number. */
  readonly numbers?: readonly string[]
  readonly deceased?: boolean
}

/**
 * A follow-up office in a database of its own: one site, a simulated and a real trunk, and short ways to make what a
 * test needs. Everything is written as the application writes it, by its own role.
 */
export class Office {
  readonly database: TestDatabase
  readonly db: Ground
  readonly now: Date
  readonly siteId = newId()
  readonly trunkId = newId()
  readonly realTrunkId = newId()
  #flowVersionId = ''
  #questionnaireVersionId = ''
  #count = 0

  private constructor(database: TestDatabase, now: Date) {
    this.database = database
    this.db = database.db
    this.now = now
  }

  static async open(options: { readonly now?: Date; readonly maxConnections?: number } = {}): Promise<Office> {
    const { now = tenOnMonday } = options
    const office = new Office(await testDatabase({ ...options, now }), now)
    await office.#furnish()
    return office
  }

  async close(): Promise<void> {
    for (const [key, db] of openers) {
      if (!key.startsWith(this.database.name)) continue
      openers.delete(key)
      await db.destroy()
    }
    await this.database.close()
  }

  /** The same database at another moment. */
  at(now: Date): Ground {
    const key = `${this.database.name} ${now.toISOString()}`
    const known = openers.get(key)
    if (known !== undefined) return known
    const db = openDatabase({ url: this.database.url, now })
    openers.set(key, db)
    return db
  }

  work(now: Date = this.now): FollowUpWork {
    return this.workOver(now.getTime() === this.now.getTime() ? this.db : this.at(now), now)
  }

  workOver(db: Ground, now: Date = this.now, more: Pick<FollowUpWorkParts, 'restored'> = {}): FollowUpWork {
    return new FollowUpWork({ db, secrets, clock: frozenClock(now), leaseSeconds: 30, ...more })
  }

  async #furnish(): Promise<void> {
    const { db, siteId } = this
    await db.insertInto('site').values({ id: siteId, code: newId(), name: '总院' }).execute()
    const trunk = {
      siteId,
      host: '127.0.0.1',
      port: 5060,
      lines: 30,
      callsPerSecond: 10,
      callerNumber: '+867520000000',
    }
    await db
      .insertInto('trunk')
      .values([
        { id: this.trunkId, name: 'simulated', kind: 'simulated', ...trunk },
        { id: this.realTrunkId, name: 'real', kind: 'sip', ...trunk },
      ])
      .execute()
    const [flowId, questionnaireId] = [newId(), newId()]
    this.#flowVersionId = newId()
    this.#questionnaireVersionId = newId()
    await db.insertInto('flow').values({ id: flowId, code: 'test' }).execute()
    await db
      .insertInto('flowVersion')
      .values({ id: this.#flowVersionId, flowId, version: 1, definition: '{"id":"test"}', sha256: Buffer.alloc(32) })
      .execute()
    await db.insertInto('questionnaire').values({ id: questionnaireId, code: 'test', name: 'test' }).execute()
    await db
      .insertInto('questionnaireVersion')
      .values({
        id: this.#questionnaireVersionId,
        questionnaireId,
        version: 1,
        definition: '{"id":"test","version":1}',
      })
      .execute()
  }

  async campaign(
    draft: {
      readonly trunkId?: string
      readonly anyHour?: boolean
      readonly state?: 'running' | 'paused'
      readonly calling?: object
    } = {},
  ): Promise<string> {
    const id = newId()
    await this.db
      .insertInto('campaign')
      .values({
        id,
        siteId: this.siteId,
        name: `campaign ${++this.#count}`,
        trunkId: draft.trunkId ?? this.trunkId,
        state: draft.state ?? 'running',
        anyHour: draft.anyHour ?? false,
        calling: draft.calling === undefined ? null : JSON.stringify(draft.calling),
      })
      .execute()
    return id
  }

  async programme(draft: ProgrammeDraft = {}): Promise<string> {
    const id = newId()
    await this.db
      .insertInto('programme')
      .values({
        id,
        siteId: this.siteId,
        code: `programme ${++this.#count}`,
        name: `programme ${this.#count}`,
        departmentId: null,
        campaignId: draft.campaignId ?? (await this.campaign()),
        legalBasis: draft.legalBasis ?? 'duty',
        purpose: draft.purpose ?? 'satisfaction',
        isDefault: draft.isDefault ?? false,
      })
      .execute()
    await this.publish(id, draft)
    return id
  }

  publish(programmeId: string, draft: ProgrammeDraft): Promise<string> {
    const ran = { flowVersionId: this.#flowVersionId, questionnaireVersionId: this.#questionnaireVersionId }
    return this.db.transaction().execute((tx) =>
      publishProgrammeVersion(tx, programmeId, {
        match: draft.match ?? { kinds: ['inpatient'] },
        exclusions: draft.exclusions ?? { dispositions: [] },
        retry: draft.retry ?? defaultRetryPlan,
        steps: (draft.steps ?? [{}]).map((step) => ({ afterDays: 7, ...ran, ...step })),
      }),
    )
  }

  async patient(draft: PatientDraft = {}): Promise<{ readonly id: string; readonly numberIds: readonly string[] }> {
    const id = newId()
    await this.db
      .insertInto('patient')
      .values({
        id,
        siteId: this.siteId,
        name: `患者${++this.#count}`,
        deceasedAt: draft.deceased === true ? this.now : null,
      })
      .execute()
    const numbers = draft.numbers ?? [`+86199${String(10_000_000 + ++this.#count)}`]
    const numberIds: string[] = []
    for (const number of numbers) numberIds.push(await this.number(number))
    for (const [index, phoneNumberId] of numberIds.entries()) {
      await this.db
        .insertInto('patientPhone')
        .values({ id: newId(), patientId: id, phoneNumberId, position: index + 1, relation: index === 0 ? '0' : '1' })
        .execute()
    }
    return { id, numberIds }
  }

  async number(e164: string): Promise<string> {
    const hmac = secrets.hmacPhone(e164)
    await this.db
      .insertInto('phoneNumber')
      .values({ id: newId(), hmac, ciphertext: secrets.encrypt(e164), last4: e164.slice(-4) })
      .onConflict((conflict) => conflict.column('hmac').doNothing())
      .execute()
    const row = await this.db.selectFrom('phoneNumber').select('id').where('hmac', '=', hmac).executeTakeFirstOrThrow()
    return row.id
  }

  /** A discharge, by default a week ago at eight in the morning, so that a step D+7 is due now. */
  async discharge(
    patientId: string,
    stay: {
      readonly on?: string
      readonly at?: Date | null
      readonly admittedOn?: string
      readonly disposition?: '1' | '2' | '3' | '4' | '5' | '9'
      readonly kind?: EncounterKind
      readonly codes?: readonly string[]
    } = {},
  ): Promise<string> {
    const id = newId()
    const on = stay.on ?? '2026-11-16'
    await this.db
      .insertInto('encounter')
      .values({
        id,
        siteId: this.siteId,
        patientId,
        kind: stay.kind ?? 'inpatient',
        encounterNo: `ZY${++this.#count}`,
        admittedOn: stay.admittedOn ?? null,
        dischargedOn: on,
        dischargedAt: stay.at === undefined ? instantAt(on, '08:00') : stay.at,
        disposition: stay.disposition ?? '1',
      })
      .execute()
    for (const [index, code] of (stay.codes ?? []).entries()) {
      await this.db
        .insertInto('diagnosis')
        .values({ id: newId(), encounterId: id, position: index + 1, code, text: null })
        .execute()
    }
    return id
  }

  enrol(...encounterIds: string[]) {
    return this.db.transaction().execute((tx) => enrolDischarges(tx, encounterIds))
  }

  /** A patient discharged a week ago and enrolled, whose task is due now. */
  async due(draft: PatientDraft = {}) {
    const patient = await this.patient(draft)
    const encounterId = await this.discharge(patient.id)
    await this.enrol(encounterId)
    const task = await this.taskOf(patient.id)
    return { ...patient, patientId: patient.id, encounterId, taskId: task.id, numberId: patient.numberIds[0] ?? '' }
  }

  async taskOf(patientId: string) {
    return this.db
      .selectFrom('task')
      .selectAll()
      .where('patientId', '=', patientId)
      .orderBy('id')
      .executeTakeFirstOrThrow()
  }

  task(taskId: string) {
    return this.db.selectFrom('task').selectAll().where('id', '=', taskId).executeTakeFirstOrThrow()
  }

  attempt(attemptId: string) {
    return this.db.selectFrom('attempt').selectAll().where('id', '=', attemptId).executeTakeFirstOrThrow()
  }

  attemptsOf(taskId: string) {
    return this.db
      .selectFrom('attempt')
      .selectAll()
      .where('taskId', '=', taskId)
      .orderBy('createdAt')
      .orderBy('id')
      .execute()
  }

  async gate(taskId: string, numberId: string | null, db: Ground = this.db): Promise<string | null> {
    const { rows } = await sql<{ reason: string | null }>`
      select gate_reason(${taskId}, ${numberId}, app_now()) as reason
    `.execute(db)
    return rows[0]?.reason ?? null
  }

  /** Brings what happened in a call into the rows, in order, as the journal does. */
  tell(work: Claimed, bodies: readonly CallEventBody[], { now = this.now, by = lease } = {}): Promise<void> {
    const db = now.getTime() === this.now.getTime() ? this.db : this.at(now)
    return this.tellOver(db, work, bodies, { now, by })
  }

  async tellOver(
    db: Ground,
    work: Claimed,
    bodies: readonly CallEventBody[],
    { now, by }: { readonly now: Date; readonly by: Lease },
  ): Promise<void> {
    const applier = this.#applierOver(db, now)
    await applier.apply(await eventsOf(db, work, bodies, { now, by }))
  }

  /** The same for several calls, in one batch of the journal. */
  async tellTogether(said: readonly (readonly [work: Claimed, body: CallEventBody])[]): Promise<void> {
    const how = { now: this.now, by: lease }
    const events = await Promise.all(said.map(([work, body]) => eventsOf(this.db, work, [body], how)))
    await this.#applierOver(this.db, this.now).apply(events.flat())
  }

  #applierOver(db: Ground, now: Date): CallApplier {
    return new CallApplier({
      db,
      work: this.workOver(db, now),
      log: silentLog,
      judgeLater: async () => {},
      onEnded: () => {},
    })
  }

  /** Puts this task first and claims one. */
  async claimOne(taskId: string, now: Date = this.now): Promise<Claimed> {
    const first = (priority: number) => this.db.updateTable('task').set({ priority }).where('id', '=', taskId).execute()
    await first(0)
    const [work] = await this.work(now).claim(lease, this.trunkId, 1)
    await first(5)
    if (work?.taskId === taskId) return work
    const { hold, state } = await this.task(taskId)
    throw new Error(`not claimed at ${now.toISOString()}: ${state}, ${hold}`)
  }

  /** Begins an attempt that the gate lets through. @returns what is dialled */
  async begin(claimed: Claimed, { now = this.now, by = lease } = {}): Promise<Work> {
    const begun = await this.work(now).begin(claimed, by)
    if (!begun.ok) throw new Error(`not begun: ${begun.reason}`)
    return begun.work
  }

  /** A whole call that nobody answered, or that ended otherwise before it was. */
  async fail(work: Claimed, result: AttemptResult, { now = this.now, by = lease } = {}): Promise<void> {
    await this.begin(work, { now, by })
    await this.tell(work, [invited, endedBy(result)], { now, by })
  }

  /** Moves a task behind everybody's back. */
  force(taskId: string, state: TaskState): Promise<void> {
    return this.behindTriggers(`update task set state = '${state}' where id = '${taskId}'`)
  }

  /** Runs a statement as the owner of the schema, with no trigger of ours to hear of it. */
  async behindTriggers(statement: string): Promise<void> {
    const owner = openDatabase({ url: this.database.ownerUrl, now: this.now, maxConnections: 1 })
    await owner.transaction().execute(async (tx) => {
      for (const table of ['task', 'do_not_call'])
        await sql.raw(`alter table ${table} disable trigger user`).execute(tx)
      await sql.raw(statement).execute(tx)
      for (const table of ['task', 'do_not_call']) await sql.raw(`alter table ${table} enable trigger user`).execute(tx)
    })
    await owner.destroy()
  }

  /** Runs as this lease's holder, in one transaction. */
  as<T>(holder: Lease, run: Parameters<ReturnType<Ground['transaction']>['execute']>[0]): Promise<T | unknown> {
    return this.db.transaction().execute(async (tx) => {
      await stateLease(tx, holder)
      return run(tx)
    })
  }
}

export const noLeg = {
  sipCallId: null,
  inviteTransaction: null,
  dialogId: null,
  localTag: null,
  remoteTag: null,
  channelUuid: null,
  mediaHost: null,
}

/** The next events of a call, numbered after those that are in the rows. */
async function eventsOf(
  db: Ground,
  { attemptId, taskId, campaignId }: Claimed,
  bodies: readonly CallEventBody[],
  { now, by }: { readonly now: Date; readonly by: Lease },
): Promise<JournaledCallEvent[]> {
  const callId = newId()
  const known = await db
    .selectFrom('callEvent')
    .select((eb) => eb.fn.max('seq').as('last'))
    .where('attemptId', '=', attemptId)
    .executeTakeFirst()
  const first = (known?.last ?? 0) + 1
  return bodies.map((body, index) => ({
    event: { attemptId, callId, taskId, campaignId, seq: first + index, at: now, body },
    lease: by,
  }))
}

export const invited: CallEventBody = { type: 'invited', ref: noLeg }
export const answered: CallEventBody = { type: 'answered', sipStatus: 200, earlyMedia: false, ref: noLeg }

export function endedBy(result: AttemptResult): Extract<CallEventBody, { type: 'ended' }> {
  return { type: 'ended', result, hangupBy: null, sipStatus: null, sipReason: null, q850: null, earlyMedia: false }
}

export function answerOf(questionId: string, value: string): CallEventBody {
  return { type: 'answer', questionId, value, keys: value }
}
