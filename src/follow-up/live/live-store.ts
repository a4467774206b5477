import { sql } from 'kysely'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import '#contact-center/contact-center-tables.ts'
import '../follow-up-tables.ts'

/** What the live page shows, read from the rows. Nothing here is kept beside them. */

export function campaignRows(db: Ground | GroundTransaction) {
  return db
    .selectFrom('campaign')
    .innerJoin('trunk', 'trunk.id', 'campaign.trunkId')
    .select([
      'campaign.id',
      'campaign.name',
      'campaign.state',
      'campaign.anyHour',
      'trunk.name as trunkName',
      'trunk.kind as trunkKind',
      'trunk.lines',
    ])
    .orderBy('campaign.createdAt')
    .orderBy('campaign.id')
    .execute()
}

export async function taskCounts(db: Ground | GroundTransaction) {
  const { rows } = await sql<{ campaignId: string; state: string; count: string }>`
    select p.campaign_id, t.state, sum(t.count) as count
    from (select programme_id, state, count(*) from task group by programme_id, state) as t
    join programme p on p.id = t.programme_id
    where p.campaign_id is not null
    group by p.campaign_id, t.state
  `.execute(db)
  return rows
}

export async function resultCounts(db: Ground | GroundTransaction) {
  const { rows } = await sql<{ campaignId: string; result: string; count: string }>`
    select campaign_id, result, count(*) from attempt where state = 'ended' group by campaign_id, result
  `.execute(db)
  return rows
}

/** Attempts under way, oldest first, with the question last asked. */
export async function callRows(db: Ground | GroundTransaction) {
  const { rows } = await sql<{
    attemptId: string
    campaignId: string
    state: 'created' | 'dialing' | 'ringing' | 'answered' | 'bridged'
    createdAt: Date
    questionId: string | null
    index: number | null
    total: number | null
  }>`
    select a.id as attempt_id, a.campaign_id, a.state, a.created_at, asked.body ->> 'questionId' as question_id,
      (asked.body ->> 'index')::integer as index, (asked.body ->> 'total')::integer as total
    from attempt a
    left join lateral (
      select e.body from call_event e where e.attempt_id = a.id and e.type = 'question' order by e.seq desc limit 1
    ) as asked on true
    where a.state <> 'ended'
    order by a.id
  `.execute(db)
  return rows
}

/**
 * The attempts that ended last, newest first. Looked for among the last ones made: ids rise with time and few calls
 * outlast hundreds of later ones, so that no index on the end is needed.
 */
export async function recentResultRows(db: Ground | GroundTransaction, limit: number) {
  const { rows } = await sql<{ attemptId: string; campaignId: string; result: string; endedAt: Date }>`
    select attempt_id, campaign_id, result, ended_at from (
      select id as attempt_id, campaign_id, result, ended_at from attempt where state = 'ended'
      order by id desc limit ${limit * 10}
    ) as late
    order by ended_at desc, attempt_id desc limit ${limit}
  `.execute(db)
  return rows
}

/** The questions that a campaign's newest programme version asks, in order, in both languages. */
export async function questionRows(db: Ground | GroundTransaction) {
  const { rows } = await sql<{ campaignId: string; id: string; text: { zh: string; en: string } }>`
    select distinct on (p.campaign_id, q.id) p.campaign_id, q.id, q.text, q.place from programme p
    join lateral (
      select v.id from programme_version v where v.programme_id = p.id order by v.version desc limit 1
    ) as newest on true
    join programme_step s on s.programme_version_id = newest.id
    join questionnaire_version qv on qv.id = s.questionnaire_version_id
    join lateral (
      select question.value ->> 'id' as id, question.value -> 'text' as text, s.position * 1000 + question.ordinality as place
      from jsonb_array_elements(qv.definition -> 'questions') with ordinality as question
    ) as q on true
    where p.campaign_id is not null
    order by p.campaign_id, q.id, q.place
  `.execute(db)
  return rows
}

/** Who is called by these attempts, with the number still sealed. */
export async function personRows(db: Ground | GroundTransaction, attemptIds: readonly string[]) {
  if (attemptIds.length === 0) return []
  return db
    .selectFrom('attempt')
    .innerJoin('task', 'task.id', 'attempt.taskId')
    .innerJoin('patient', 'patient.id', 'task.patientId')
    .innerJoin('phoneNumber', 'phoneNumber.id', 'attempt.phoneNumberId')
    .innerJoin('enrolment', 'enrolment.id', 'task.enrolmentId')
    .leftJoin('encounter', 'encounter.id', 'enrolment.encounterId')
    .leftJoin('department', 'department.id', 'encounter.departmentId')
    .select(['attempt.id as attemptId', 'patient.name', 'phoneNumber.ciphertext', 'department.name as department'])
    .where('attempt.id', 'in', [...attemptIds])
    .execute()
}

/** State of one campaign, for who asks why nothing dials. */
export async function campaignIds(db: Ground): Promise<readonly string[]> {
  const rows = await db.selectFrom('campaign').select('id').where('state', '<>', 'stopped').execute()
  return rows.map((row) => row.id)
}
