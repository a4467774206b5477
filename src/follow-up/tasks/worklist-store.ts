import { type RawBuilder, sql } from 'kysely'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import type { PatientText } from '../calls/call-list-store.ts'
import '../follow-up-tables.ts'
import type { TaskState } from '../follow-up-tables.ts'
import type { TaskFilter } from './worklist-schema.ts'

type Piece = RawBuilder<unknown>

const waiting = sql`t.state in ('scheduled', 'retry_wait', 'callback')`

/**
 * The states of each index by time (0020); one branch of a statement for each that is asked for. What is claimed stands
 * in none and is found by its attempt; one that has lost it is back among the waiting within minutes (task-sweep.ts).
 */
const branchStates = {
  waiting: ['scheduled', 'retry_wait', 'callback', 'suspended'],
  claimed: ['claimed'],
  inCall: ['in_progress', 'wrapping'],
  closed: ['completed', 'partial', 'failed', 'refused', 'stopped', 'excluded', 'expired'],
} as const satisfies Readonly<Record<string, readonly TaskState[]>>

const branchesOf = {
  open: [branchStates.waiting, branchStates.claimed, branchStates.inCall],
  closed: [branchStates.closed],
  all: [branchStates.waiting, branchStates.claimed, branchStates.inCall, branchStates.closed],
} as const

/** What is the same for every task of one look: the moment, and what keeps whole programmes. */
export interface Look {
  /** app_now() to the microsecond, as text. */
  readonly at: string
  readonly ways: readonly Way[]
  /** Tasks of which the hold on the row may be out of date, with what keeps them now; null: nothing. */
  readonly asked: ReadonlyMap<string, string | null>
  /** Tasks with an attempt that has not ended; as values, so that the planner knows how few they are. */
  readonly underWay: readonly string[]
}

interface Way {
  readonly programmeId: string
  readonly campaignId: string | null
  /** Of the gate; `no_free_seat` where only that is in the way. */
  readonly reason: string | null
  readonly seatless: boolean
}

/**
 * The same question as "why is nothing dialling" (status/why-not.ts), so that who is found by a reason is who was
 * counted under it.
 */
export async function takeLook(tx: GroundTransaction): Promise<Look> {
  const { rows: now } = await sql<{ at: string }>`select app_now()::text as at`.execute(tx)
  const at = now[0]?.at ?? ''
  const { rows: ways } = await sql<Way>`
    select p.id as programme_id, p.campaign_id, gate_programme(p.id, ${at}::timestamptz) as reason,
      coalesce(c.pacing in ('progressive', 'preview') and not exists (
        select from seat s join agent g on g.user_id = s.agent_id
        where g.team_id = c.team_id and s.state = 'idle' and s.status = 'available'), false) as seatless
    from programme p left join campaign c on c.id = p.campaign_id order by p.id
  `.execute(tx)
  const programmes = ways.map(({ programmeId }) => programmeId)
  const { rows: asked } = await sql<{ taskId: string; programmeId: string; reason: string | null }>`
    with unsure as materialized (
      select t.id from task t
      where t.programme_id = any (${programmes}::uuid[]) and t.hold is not null and t.due_at <= ${at}::timestamptz
        and t.hold_until <= ${at}::timestamptz and t.expires_at > ${at}::timestamptz and ${waiting}
      union
      select t.id from attempt a join task t on t.phone_number_id = a.phone_number_id
      where a.state = 'created' and t.dial_at <= ${at}::timestamptz and t.expires_at > ${at}::timestamptz and ${waiting}
    )
    select g.task_id, t.programme_id, g.reason
    from gate(array(select id from unsure), null, ${at}::timestamptz) g join task t on t.id = g.task_id
  `.execute(tx)
  const { rows: active } = await sql<{ taskId: string }>`
    select a.task_id from attempt a where a.state <> 'ended' and a.task_id is not null
  `.execute(tx)
  const seatless = new Map(ways.map((way) => [way.programmeId, way.seatless]))
  return {
    at,
    ways,
    underWay: active.map(({ taskId }) => taskId),
    asked: new Map(
      asked.map(({ taskId, programmeId, reason }) => [
        taskId,
        wayReason({ reason, seatless: seatless.get(programmeId) ?? false }),
      ]),
    ),
  }
}

/** Why a task that may be dialled as far as it goes is not, by its programme; null: nothing is in the way. */
export function wayReason(way: Pick<Way, 'reason' | 'seatless'>): string | null {
  return way.reason ?? (way.seatless ? 'no_free_seat' : null)
}

/** The only predicate of list and counts; without the state, which each of them takes its own way. */
function conditions(look: Look, filter: TaskFilter, patient: PatientText | null): Piece[] {
  const { from, to, departmentId, programmeId, campaignId, reason, lastResult, agentId } = filter
  const all: Piece[] = []
  if (from !== undefined) all.push(sql`t.due_at >= start_of_local_day(${from}::date)`)
  if (to !== undefined) all.push(sql`t.due_at < start_of_local_day(${to}::date + 1)`)
  if (programmeId !== undefined) all.push(sql`t.programme_id = ${programmeId}`)
  if (campaignId !== undefined) {
    const own = look.ways.filter((way) => way.campaignId === campaignId).map((way) => way.programmeId)
    all.push(sql`t.programme_id = any (${own}::uuid[])`)
  }
  if (departmentId !== undefined) {
    all.push(sql`exists (select from enrolment e join encounter n on n.id = e.encounter_id
      where e.id = t.enrolment_id and n.department_id = ${departmentId})`)
  }
  if (reason !== undefined) all.push(sql`${waiting} and (${keptBy(look, reason)})`)
  if (lastResult === 'none') all.push(sql`not exists (select from attempt a where a.task_id = t.id and ${tells})`)
  else if (lastResult !== undefined) all.push(sql`${lastResultOf} = ${lastResult}`)
  if (agentId !== undefined) all.push(sql`t.callback_agent_id = ${agentId}`)
  if (patient !== null) all.push(sql`t.enrolment_id in (${enrolmentsOf(patient)})`)
  return all
}

/** An attempt that was given back before it was dialled tells nothing. */
const tells = sql`a.state = 'ended' and (a.result <> 'cancelled' or a.invited_at is not null)`

const lastResultOf = sql`(select coalesce(a.corrected_result, a.result) from attempt a
  where a.task_id = t.id and ${tells} order by a.created_at desc, a.id desc limit 1)`

/** Of waiting tasks: kept by this reason. In step with `heldBy` of the service, which says it of a row. */
function keptBy({ at, ways, asked }: Look, reason: string): Piece {
  const now = sql`${at}::timestamptz`
  const isHeld = sql`t.hold is not null and t.due_at <= ${now}`
  if (reason === 'not_due') return sql`t.dial_at > ${now} and not (${isHeld})`
  if (reason === 'expired') return sql`t.dial_at <= ${now} and t.expires_at <= ${now}`
  const wanted = reason === 'callable' ? null : reason
  const programmes = ways.filter((way) => wayReason(way) === wanted).map(({ programmeId }) => programmeId)
  const told = [...asked].flatMap(([taskId, said]) => (said === wanted ? [taskId] : []))
  const byHold = sql`t.hold = ${wanted} and t.due_at <= ${now} and t.dial_at > ${now}`
  const byWay = sql`t.programme_id = any (${programmes}::uuid[]) and t.dial_at <= ${now} and t.expires_at > ${now}
    and t.id <> all (${[...asked.keys()]}::uuid[])`
  const pieces = [
    ...(wanted === null ? [] : [byHold]),
    ...(programmes.length === 0 ? [] : [byWay]),
    ...(told.length === 0 ? [] : [sql`t.id = any (${told}::uuid[])`]),
  ]
  return pieces.length === 0 ? sql`false` : sql.join(pieces, sql` or `)
}

function enrolmentsOf(patient: PatientText): Piece {
  const who = sql`select e.id from enrolment e where e.patient_id in`
  switch (patient.kind) {
    case 'number':
    case 'last4': {
      const number = patient.kind === 'number' ? sql`f.hmac = ${patient.hmac}` : sql`f.last4 = ${patient.last4}`
      return sql`${who} (select h.patient_id from phone_number f join patient_phone h on h.phone_number_id = f.id
        where ${number} and h.removed_at is null)`
    }
    case 'record':
      return sql`select e.id from encounter n join enrolment e on e.encounter_id = n.id where n.encounter_no = ${patient.text}`
    case 'text':
      return sql`${who} (select p.id from patient p where p.name = ${patient.text})
        union select e.id from encounter n join enrolment e on e.encounter_id = n.id where n.encounter_no = ${patient.text}`
  }
}

/** The state as it is shown. */
function shownState({ at }: Look): Piece {
  return sql`case when t.state = 'scheduled' and t.due_at <= ${at}::timestamptz then 'due' else t.state end`
}

function inBranches(look: Look, filter: TaskFilter, patient: PatientText | null, state: string | undefined): Piece[] {
  const where = conditions(look, filter, patient)
  const stored = state === 'due' ? 'scheduled' : state
  const isDue = sql`t.due_at <= ${look.at}::timestamptz`
  const byTime = state === 'due' ? [isDue] : state === 'scheduled' ? [sql`not (${isDue})`] : []
  return branchesOf[filter.group].flatMap((states: readonly string[]) => {
    if (stored !== undefined && !states.includes(stored)) return []
    // The states stand in the text, so that the planner sees which index holds them.
    const held = [sql`t.state in (${sql.join(states.map((each) => sql.lit(each)))})`]
    if (states === branchStates.claimed) {
      held.push(sql`t.id = any (${look.underWay}::uuid[])`)
    }
    if (stored !== undefined) held.push(sql`t.state = ${stored}`)
    return [sql`task t where ${sql.join([...held, ...byTime, ...where], sql` and `)}`]
  })
}

/** Where a page begins: microseconds of the time of the task before, and its id. */
interface Place {
  readonly micros: string
  readonly id: string
}

/** @returns ids in the order of their next calls, one more than `limit` where there is a next page */
export async function pageOfTasks(
  tx: GroundTransaction,
  look: Look,
  {
    filter,
    patient,
    after,
    limit,
  }: {
    readonly filter: TaskFilter
    readonly patient: PatientText | null
    readonly after: Place | null
    readonly limit: number
  },
): Promise<readonly { readonly id: string; readonly place: string }[]> {
  const branches = inBranches(look, filter, patient, filter.state)
  if (branches.length === 0) return []
  const begun =
    after === null
      ? sql``
      : sql`and (t.due_at, t.id) > ('epoch'::timestamptz + ${after.micros}::bigint * interval '1 microsecond', ${after.id}::uuid)`
  const order = sql`order by due_at, id limit ${limit + 1}`
  const { rows } = await sql<{ id: string; place: string }>`
    select id, (extract(epoch from due_at) * 1000000)::bigint || '_' || id as place from (
      ${sql.join(
        branches.map((branch) => sql`(select t.id, t.due_at from ${branch} ${begun} ${order})`),
        sql` union all `,
      )}
    ) page ${order}
  `.execute(tx)
  return rows
}

/** How many of each state there are, whatever state is asked for. */
export async function countTasks(
  tx: GroundTransaction,
  look: Look,
  { filter, patient }: { readonly filter: TaskFilter; readonly patient: PatientText | null },
): Promise<Readonly<Record<string, number>>> {
  const branches = inBranches(look, filter, patient, undefined)
  const { rows } = await sql<{ state: string; count: number }>`
    ${sql.join(
      branches.map(
        (branch) => sql`select ${shownState(look)} as state, count(*)::integer as count from ${branch} group by 1`,
      ),
      sql` union all `,
    )}
  `.execute(tx)
  return Object.fromEntries(rows.map(({ state, count }) => [state, count]))
}

export interface StandingRow {
  readonly id: string
  readonly programmeId: string
  readonly state: TaskState
  readonly shown: string
  readonly reason: string | null
  readonly dueAt: Date
  readonly isWaiting: boolean
  readonly isDue: boolean
  /** Not before later: not due, or held. */
  readonly isLater: boolean
  readonly isExpired: boolean
  readonly hold: string | null
  /** Null for one without an end. */
  readonly holdUntil: Date | null
  readonly lastResult: string | null
  readonly attempts: number
}

function standing(look: Look): Piece {
  const now = sql`${look.at}::timestamptz`
  return sql`t.id, t.programme_id, t.state, ${shownState(look)} as shown, t.reason, t.due_at, ${waiting} as is_waiting,
    t.due_at <= ${now} as is_due, t.dial_at > ${now} as is_later, t.expires_at <= ${now} as is_expired, t.hold,
    nullif(t.hold_until, 'infinity') as hold_until, ${lastResultOf} as last_result,
    (select count(*)::integer from attempt a where a.task_id = t.id and ${tells}) as attempts`
}

export async function standingRows(tx: GroundTransaction, look: Look, ids: readonly string[]): Promise<StandingRow[]> {
  const { rows } = await sql<StandingRow>`
    select ${standing(look)} from task t where t.id = any (${ids}::uuid[])
  `.execute(tx)
  return rows
}

export interface TaskRow extends StandingRow {
  readonly patientId: string
  readonly name: string
  readonly sealed: Buffer | null
  readonly encounterNo: string | null
  readonly department: string | null
  readonly programme: string
  readonly campaignId: string | null
  readonly campaign: string | null
  readonly dueOn: string
  readonly expiresAt: Date
  readonly agent: string | null
}

export async function taskRows(tx: GroundTransaction, look: Look, ids: readonly string[]): Promise<TaskRow[]> {
  const { rows } = await sql<TaskRow>`
    select ${standing(look)}, t.patient_id, p.name, f.ciphertext as sealed, n.encounter_no, k.name as department,
      g.name as programme, c.id as campaign_id, c.name as campaign, t.due_on, t.expires_at, u.display_name as agent
    from task t
    join patient p on p.id = t.patient_id
    join programme g on g.id = t.programme_id
    join enrolment e on e.id = t.enrolment_id
    left join campaign c on c.id = g.campaign_id
    left join encounter n on n.id = e.encounter_id
    left join department k on k.id = n.department_id
    left join phone_number f on f.id = t.phone_number_id
    left join user_account u on u.id = t.callback_agent_id
    where t.id = any (${ids}::uuid[])
  `.execute(tx)
  const places = new Map(ids.map((id, index) => [id, index]))
  return rows.sort((one, other) => (places.get(one.id) ?? 0) - (places.get(other.id) ?? 0))
}

/** What the gate says of this very task and the number it is to dial. */
export async function gateOf(tx: GroundTransaction, { at }: Look, taskId: string): Promise<string | null> {
  const { rows } = await sql<{ reason: string | null }>`
    select g.reason from gate(array[${taskId}::uuid], null, ${at}::timestamptz) g
  `.execute(tx)
  return rows[0]?.reason ?? null
}

/** Oldest first. */
export async function attemptsOf(tx: GroundTransaction, taskId: string) {
  const { rows } = await sql<{
    attemptId: string
    at: Date
    state: string
    result: string | null
    correctedResult: string | null
    outcome: string | null
    sealed: Buffer
    agent: string | null
    talkSeconds: number | null
  }>`
    select a.id as attempt_id, a.created_at as at, a.state, a.result, a.corrected_result, a.outcome, f.ciphertext as sealed,
      u.display_name as agent, extract(epoch from a.ended_at - a.answered_at)::float8 as talk_seconds
    from attempt a join phone_number f on f.id = a.phone_number_id left join user_account u on u.id = a.agent_id
    where a.task_id = ${taskId} order by a.created_at, a.id limit 200
  `.execute(tx)
  return rows
}

/** What people did with it by hand, newest first. */
export async function historyOf(tx: GroundTransaction, taskId: string) {
  const { rows } = await sql<{
    at: Date
    by: string | null
    action: string
    reason: string | null
    why: string | null
    to: string | null
  }>`
    select r.at, coalesce(u.display_name, r.actor_name) as by, r.action, r.detail ->> 'reason' as reason,
      r.detail ->> 'why' as why, r.detail ->> 'at' as to
    from audit_row r left join user_account u on u.id = r.actor_id
    where r.object_kind = 'task' and r.object_id = ${taskId} and r.outcome = 'ok'
      and r.action in ('task.stopped', 'task.reopen', 'task.resumed', 'task.dial_moved')
    order by r.id desc limit 100
  `.execute(tx)
  return rows
}

/** For the choice of a filter. */
export function departmentRows(db: Ground) {
  return db.selectFrom('department').select(['id', 'name']).orderBy('name').limit(1_000).execute()
}
