import { sql } from 'kysely'
import { type Actor, writeAudit } from '#platform/audit/audit-store.ts'
import { transacted } from '#platform/database/again.ts'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import { UserError } from '#platform/errors/errors.ts'
import { appendToStream } from '#platform/realtime/stream-store.ts'
import { calendarDays } from '../calling/calendar-store.ts'
import { liveStream } from '../live/live-schema.ts'
import { releaseAttempts } from '../tasks/release.ts'
import { createdAttemptsOf, moveTasks } from '../tasks/task-store.ts'
import { type EnrolmentToWrite, planEnrolment, writeEnrolments } from './enrol.ts'
import { takenBy } from './judge.ts'
import './programme-errors.ts'
import type { TakenUp } from './programme-schema.ts'
import { lockProgramme, programmeRows } from './programme-store.ts'
import { enrollingProgrammes } from './running-store.ts'
import { recentDischarges, standingEnrolments, staysOf } from './stay-store.ts'

interface Which {
  readonly programmeId: string
  /** Discharges of so many hospital days, today among them. */
  readonly days: number
}

/** Stays of one transaction: a season's discharges are no reason to keep a claim or a list waiting. */
const atOnce = 1_000

/**
 * What {@link takeUpDischarges} would do now. Nothing is written.
 * @throws UserError PROGRAMME_UNKNOWN, PROGRAMME_STOPPED
 */
export async function foreseeTakeUp(db: Ground, which: Which): Promise<TakenUp> {
  return inBatches(db, which, (encounterIds) =>
    db.transaction().execute(async (tx) => {
      const plan = await planTakeUp(tx, { ...which, encounterIds })
      return taken(plan, await inDefault(tx, plan.active))
    }),
  )
}

/**
 * Enrols the stays that are there already and that the version in force takes: what an office wants when it sets a programme up
 * after the first import. Safe to repeat: a stay is in a programme once. A task whose time is over by now is not made.
 *
 * The default programme has only whom no other has: what waits there for the same stays ends as `plan_repeated`; who was
 * reached or has a callback there keeps it. Nor does the default take up a stay that another programme has.
 * @throws UserError PROGRAMME_UNKNOWN, PROGRAMME_STOPPED
 */
export async function takeUpDischarges(
  db: Ground,
  actor: Actor,
  { reason, ...which }: Which & { readonly reason: string },
): Promise<TakenUp> {
  const { programmeId, days } = which
  return inBatches(db, which, (encounterIds) =>
    transacted(db, async (tx) => {
      const plan = await planTakeUp(tx, { ...which, encounterIds })
      const there = await inDefault(tx, plan.active)
      const claimed = await createdAttemptsOf(tx, sql`t.id = any (${there.waiting}::uuid[])`)
      const released = await releaseAttempts(tx, claimed)
      const replaced = await giveWay(tx, there.waiting)
      const report = await writeEnrolments(tx, plan.toWrite)
      const done = { ...taken(plan, there), tasks: report.tasks, replaced }
      const object = { kind: 'programme', id: programmeId }
      const detail = { days, reason: reason.trim(), enrolled: done.enrolled, tasks: done.tasks, replaced }
      await writeAudit(tx, { actor, action: 'programme.taken_up', object, outcome: 'ok', detail })
      await appendToStream(tx, liveStream, [...released, { type: 'programme.changed', payload: { programmeId } }])
      return done
    }),
  )
}

async function inBatches(
  db: Ground,
  { programmeId, days }: Which,
  act: (encounterIds: readonly string[]) => Promise<TakenUp>,
): Promise<TakenUp> {
  const [programme] = await programmeRows(db, programmeId)
  if (programme === undefined) throw new UserError('PROGRAMME_UNKNOWN')
  const ids = await recentDischarges(db, { siteId: programme.siteId, days })
  let sum = await act(ids.slice(0, atOnce))
  for (let from = atOnce; from < ids.length; from += atOnce) sum = added(sum, await act(ids.slice(from, from + atOnce)))
  return sum
}

function added(one: TakenUp, other: TakenUp): TakenUp {
  const reasons = new Map(one.leftOut.map(({ reason, count }) => [reason, count]))
  for (const { reason, count } of other.leftOut) reasons.set(reason, (reasons.get(reason) ?? 0) + count)
  return {
    discharges: one.discharges + other.discharges,
    matching: one.matching + other.matching,
    already: one.already + other.already,
    elsewhere: one.elsewhere + other.elsewhere,
    tooLate: one.tooLate + other.tooLate,
    enrolled: one.enrolled + other.enrolled,
    tasks: one.tasks + other.tasks,
    leftOut: [...reasons].map(([reason, count]) => ({ reason, count })),
    replaced: one.replaced + other.replaced,
    calledThere: one.calledThere + other.calledThere,
  }
}

interface TakeUpPlan {
  readonly discharges: number
  readonly matching: number
  readonly already: number
  readonly elsewhere: number
  readonly tooLate: number
  readonly toWrite: readonly EnrolmentToWrite[]
  /** Stays that would be followed up. */
  readonly active: readonly string[]
}

async function planTakeUp(
  tx: GroundTransaction,
  { programmeId, encounterIds }: Which & { readonly encounterIds: readonly string[] },
): Promise<TakeUpPlan> {
  // Against a stop at this moment, and another who takes up the same.
  await lockProgramme(tx, programmeId)
  const running = await enrollingProgrammes(tx)
  if (!running.some((one) => one.programmeId === programmeId)) throw new UserError('PROGRAMME_STOPPED')
  const standing = Map.groupBy(await standingEnrolments(tx, encounterIds), ({ encounterId }) => encounterId)
  const calendar = await calendarDays(tx)
  const now = await instant(tx)
  const count = { matching: 0, already: 0, elsewhere: 0, tooLate: 0 }
  const toWrite: EnrolmentToWrite[] = []
  for (const stay of await staysOf(tx, encounterIds)) {
    const ours = takenBy(running, stay).find((one) => one.programmeId === programmeId)
    if (ours === undefined) continue
    count.matching += 1
    const known = standing.get(stay.encounterId) ?? []
    const planned = planEnrolment(ours, stay, calendar)
    const tasks = planned.tasks.filter(({ expiresAt }) => expiresAt > now)
    if (known.some((one) => one.programmeId === programmeId)) count.already += 1
    else if (ours.isDefault && known.some((one) => !one.isDefault && one.state !== 'ended')) count.elsewhere += 1
    else if (planned.reason === null && tasks.length === 0) count.tooLate += 1
    else toWrite.push({ ...planned, tasks })
  }
  const active = toWrite.filter(({ reason }) => reason === null).map(({ stay }) => stay.encounterId)
  return { discharges: encounterIds.length, ...count, toWrite, active }
}

async function instant(tx: GroundTransaction): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`select app_now() as now`.execute(tx)
  return rows[0]?.now ?? new Date(0)
}

interface InDefault {
  /** Tasks of the default programme for these stays that nobody was reached in. */
  readonly waiting: readonly string[]
  /** Stays that were called there, or are to be called back. */
  readonly called: number
}

async function inDefault(tx: GroundTransaction, encounterIds: readonly string[]): Promise<InDefault> {
  const { rows } = await sql<{ taskId: string; encounterId: string; waits: boolean }>`
    select t.id as task_id, n.encounter_id, t.state in ('scheduled', 'claimed', 'retry_wait', 'suspended') as waits
    from enrolment n join programme p on p.id = n.programme_id join task t on t.enrolment_id = n.id
    where n.encounter_id = any (${encounterIds}::uuid[]) and p.is_default
      and t.state not in ('stopped', 'excluded', 'expired', 'failed')
    order by t.id
  `.execute(tx)
  return {
    waiting: rows.filter(({ waits }) => waits).map(({ taskId }) => taskId),
    called: new Set(rows.filter(({ waits }) => !waits).map(({ encounterId }) => encounterId)).size,
  }
}

/** @returns tasks that ended; one that is dialled this moment goes on */
async function giveWay(tx: GroundTransaction, taskIds: readonly string[]): Promise<number> {
  const moved = await moveTasks(tx, {
    where: sql`t.id = any (${taskIds}::uuid[])`,
    from: ['scheduled', 'retry_wait', 'suspended'],
    to: 'stopped',
    reason: 'plan_repeated',
  })
  await sql`
    update enrolment n set state = 'ended', reason = 'plan_repeated', changed_at = app_now()
    from task t where t.enrolment_id = n.id and t.id = any (${moved.map(({ taskId }) => taskId)}::uuid[])
      and n.state = 'active' and not exists (
        select from task o where o.enrolment_id = n.id and o.state in ('claimed', 'in_progress', 'wrapping', 'callback'))
  `.execute(tx)
  return moved.length
}

function taken({ toWrite, active, ...plan }: TakeUpPlan, there: InDefault): TakenUp {
  const leftOut = Map.groupBy(
    toWrite.flatMap(({ reason }) => reason ?? []),
    (reason) => reason,
  )
  return {
    ...plan,
    enrolled: active.length,
    tasks: toWrite.reduce((sum, { tasks }) => sum + tasks.length, 0),
    leftOut: [...leftOut].map(([reason, all]) => ({ reason, count: all.length })),
    replaced: there.waiting.length,
    calledThere: there.called,
  }
}
