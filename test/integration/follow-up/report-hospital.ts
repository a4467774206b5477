import { sql } from 'kysely'
import { instantAt } from '../../../src/follow-up/calling/hospital-day.ts'
import type { Respondent, TaskState } from '../../../src/follow-up/follow-up-tables.ts'
import { type GroundTransaction, openDatabase } from '../../../src/platform/database/database.ts'
import { newId } from '../../../src/platform/ids.ts'
import { Office, secrets } from './office.ts'

/** One call: what came of it, and whether somebody answered. */
export interface CallDraft {
  readonly result: string
  readonly answered?: boolean
  /** Taken back before its INVITE left. */
  readonly unsent?: boolean
  /** Hospital-local; default ten in the morning, a week after the discharge. */
  readonly at?: Date
}

export interface FormDraft {
  readonly versionId: string
  readonly answers: Readonly<Record<string, unknown>>
  readonly respondent?: Respondent | null
  readonly complete?: boolean
}

export interface DischargeDraft {
  /** The same name is the same person's record. */
  readonly patient: string
  /** The record that this person's record was merged into. */
  readonly mergedInto?: string
  readonly day: string
  readonly department: string | null
  /** Default: the hospital's first; null for none. */
  readonly programme?: 'first' | 'second' | null
  /** Enrolled, but not followed up. */
  readonly excluded?: string
  readonly state?: TaskState
  readonly reason?: string
  readonly calls?: readonly CallDraft[]
  readonly form?: FormDraft
}

/** A hospital whose rows are as a month leaves them, written at once with no trigger of ours to hear of it. */
export class ReportHospital {
  readonly office: Office
  readonly programmes: Readonly<Record<'first' | 'second', string>>
  readonly departments = new Map<string, string>()
  readonly #patients = new Map<string, { id: string; numberId: string }>()
  readonly #stays = new Map<string, string>()
  #count = 0

  private constructor(office: Office, programmes: { first: string; second: string }) {
    this.office = office
    this.programmes = programmes
  }

  static async open(): Promise<ReportHospital> {
    const office = await Office.open()
    return new ReportHospital(office, { first: await office.programme(), second: await office.programme() })
  }

  close(): Promise<void> {
    return this.office.close()
  }

  async version(definition: { readonly id: string; readonly version: number }): Promise<string> {
    const { db } = this.office
    const { id: code, version } = definition
    const known = await db.selectFrom('questionnaire').select('id').where('code', '=', code).executeTakeFirst()
    const questionnaireId = known?.id ?? newId()
    if (known === undefined) {
      await db.insertInto('questionnaire').values({ id: questionnaireId, code, name: code }).execute()
    }
    const id = newId()
    await db
      .insertInto('questionnaireVersion')
      .values({ id, questionnaireId, version, definition: JSON.stringify(definition) })
      .execute()
    return id
  }

  async write(drafts: readonly DischargeDraft[]): Promise<void> {
    const owner = openDatabase({ url: this.office.database.ownerUrl, now: this.office.now, maxConnections: 1 })
    const tables = ['task', 'attempt', 'enrolment', 'recording', 'patient']
    await owner.transaction().execute(async (tx) => {
      for (const table of tables) await sql.raw(`alter table ${table} disable trigger user`).execute(tx)
      for (const draft of drafts) await this.#discharge(tx, draft)
      for (const { patient, mergedInto } of drafts) {
        if (mergedInto === undefined) continue
        const [one, other] = [await this.#patient(tx, patient), await this.#patient(tx, mergedInto)]
        await sql`update patient set merged_into = ${other.id} where id = ${one.id}`.execute(tx)
      }
      for (const table of tables) await sql.raw(`alter table ${table} enable trigger user`).execute(tx)
    })
    await owner.destroy()
  }

  async #discharge(tx: GroundTransaction, draft: DischargeDraft): Promise<void> {
    const { day, programme = 'first', excluded } = draft
    const patient = await this.#patient(tx, draft.patient)
    const stay = `${draft.patient} ${day}`
    const encounterId = this.#stays.get(stay) ?? newId()
    if (!this.#stays.has(stay)) {
      this.#stays.set(stay, encounterId)
      await tx
        .insertInto('encounter')
        .values({
          id: encounterId,
          siteId: this.office.siteId,
          patientId: patient.id,
          kind: 'inpatient',
          encounterNo: `ZY2026${String(++this.#count).padStart(6, '0')}`,
          departmentId: draft.department === null ? null : await this.#department(tx, draft.department),
          dischargedOn: day,
        })
        .execute()
    }
    if (programme === null) return
    const programmeId = this.programmes[programme]
    const { versionId, stepId } = await stepOf(tx, programmeId)
    const enrolmentId = newId()
    await tx
      .insertInto('enrolment')
      .values({
        id: enrolmentId,
        patientId: patient.id,
        encounterId,
        programmeId,
        programmeVersionId: versionId,
        state: excluded === undefined ? 'active' : 'excluded',
        reason: excluded ?? null,
        anchorOn: day,
      })
      .execute()
    if (excluded !== undefined) return
    const taskId = newId()
    await tx
      .insertInto('task')
      .values({
        id: taskId,
        enrolmentId,
        patientId: patient.id,
        programmeId,
        programmeVersionId: versionId,
        stepId,
        state: draft.state ?? 'scheduled',
        reason: draft.reason ?? null,
        dueOn: day,
        dueAt: instantAt(day, '08:00'),
        expiresAt: new Date('2030-01-01T00:00:00Z'),
        phoneNumberId: patient.numberId,
      })
      .execute()
    const attempts: string[] = []
    for (const call of draft.calls ?? []) attempts.push(await this.#call(tx, taskId, patient.numberId, day, call))
    if (draft.form !== undefined) await form(tx, { taskId, patientId: patient.id, attempts }, draft.form)
  }

  async #call(tx: GroundTransaction, taskId: string, numberId: string, day: string, call: CallDraft): Promise<string> {
    const [attemptId, at] = [newId(), call.at ?? new Date(instantAt(day, '10:00').getTime() + 7 * 86_400_000)]
    const after = (seconds: number) => new Date(at.getTime() + seconds * 1000)
    const { result, answered = false, unsent = false } = call
    const { campaignId, trunkId } = await campaignOf(tx, taskId)
    await sql`
      insert into attempt (id, task_id, campaign_id, trunk_id, phone_number_id, state, result, created_at, dialing_at, invited_at,
        ringing_at, answered_at, ended_at, sip_status, sip_reason, q850, hangup_by)
      values (${attemptId}, ${taskId}, ${campaignId}, ${trunkId}, ${numberId}, 'ended', ${result}, ${at},
        ${unsent ? null : at}, ${unsent ? null : at}, ${answered ? after(3) : null}, ${answered ? after(9) : null},
        ${after(answered ? 69 : 30)}, ${answered ? 200 : 480}, ${answered ? 'OK' : '=cmd()'}, ${answered ? 16 : 19},
        ${answered ? 'patient' : null})
    `.execute(tx)
    if (!unsent) {
      await tx.insertInto('call').values({ id: newId(), attemptId, direction: 'outbound' }).execute()
    }
    if (answered) await tx.insertInto('recording').values({ id: newId(), attemptId }).execute()
    return attemptId
  }

  async #patient(tx: GroundTransaction, name: string) {
    const known = this.#patients.get(name)
    if (known !== undefined) return known
    const number = `+86139${String(this.#patients.size + 10_000_000)}`
    const patient = { id: newId(), numberId: newId() }
    this.#patients.set(name, patient)
    await tx.insertInto('patient').values({ id: patient.id, siteId: this.office.siteId, name }).execute()
    await tx
      .insertInto('phoneNumber')
      .values({
        id: patient.numberId,
        hmac: secrets.hmacPhone(number),
        ciphertext: secrets.encrypt(number),
        last4: number.slice(-4),
      })
      .execute()
    return patient
  }

  async #department(tx: GroundTransaction, name: string): Promise<string> {
    const known = this.departments.get(name)
    if (known !== undefined) return known
    const id = newId()
    this.departments.set(name, id)
    await tx.insertInto('department').values({ id, siteId: this.office.siteId, name }).execute()
    return id
  }
}

async function stepOf(tx: GroundTransaction, programmeId: string) {
  return tx
    .selectFrom('programmeVersion')
    .innerJoin('programmeStep', 'programmeStep.programmeVersionId', 'programmeVersion.id')
    .select(['programmeVersion.id as versionId', 'programmeStep.id as stepId'])
    .where('programmeVersion.programmeId', '=', programmeId)
    .executeTakeFirstOrThrow()
}

async function campaignOf(tx: GroundTransaction, taskId: string) {
  return tx
    .selectFrom('task')
    .innerJoin('programme', 'programme.id', 'task.programmeId')
    .innerJoin('campaign', 'campaign.id', 'programme.campaignId')
    .select(['campaign.id as campaignId', 'campaign.trunkId'])
    .where('task.id', '=', taskId)
    .executeTakeFirstOrThrow()
}

async function form(
  tx: GroundTransaction,
  { taskId, patientId, attempts }: { readonly taskId: string; readonly patientId: string; readonly attempts: string[] },
  { versionId, answers, respondent = 'patient', complete = true }: FormDraft,
): Promise<void> {
  const responseId = newId()
  await tx
    .insertInto('response')
    .values({
      id: responseId,
      taskId,
      questionnaireVersionId: versionId,
      patientId,
      respondent,
      state: complete ? 'complete' : 'partial',
      completedAt: complete ? new Date('2026-11-20T02:00:00Z') : null,
      setAsideOf: null,
      setAsideAt: null,
      setAsideBy: null,
    })
    .execute()
  for (const [questionId, value] of Object.entries(answers)) {
    await tx
      .insertInto('answer')
      .values({
        responseId,
        questionId,
        value: JSON.stringify(value),
        keys: null,
        attemptId: attempts.at(-1) ?? null,
        at: new Date('2026-11-20T02:00:00Z'),
      })
      .execute()
  }
}
