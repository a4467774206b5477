import { sql } from 'kysely'
import type { FlowLack } from '#contact-center/ivr/flow-shelf.ts'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import '../follow-up-tables.ts'

/** A step of a programme's version, as its calls are led. */
export interface SpokenStep {
  readonly programmeId: string
  readonly stepId: string
  readonly flowVersionId: string
  readonly flow: string
  readonly flowVersion: number
  readonly questionnaireVersionId: string | null
  readonly questionnaire: string | null
  readonly questionnaireVersion: number | null
  /** Of the version by which the programme takes people now. */
  readonly inForce: boolean
}

/** Of all versions of programmes that are not stopped and are asked by keys. */
export async function spokenSteps(db: Ground): Promise<readonly SpokenStep[]> {
  const { rows } = await sql<SpokenStep>`
    select p.id as programme_id, s.id as step_id, s.flow_version_id, f.code as flow, fv.version as flow_version,
      s.questionnaire_version_id, q.code as questionnaire, qv.version as questionnaire_version,
      pv.version = max(pv.version) over (partition by p.id) as in_force
    from programme p join campaign c on c.id = p.campaign_id
    join programme_version pv on pv.programme_id = p.id join programme_step s on s.programme_version_id = pv.id
    join flow_version fv on fv.id = s.flow_version_id join flow f on f.id = fv.flow_id
    left join questionnaire_version qv on qv.id = s.questionnaire_version_id
    left join questionnaire q on q.id = qv.questionnaire_id
    where p.state <> 'stopped' and c.pacing = 'agentless' order by p.id, pv.version, s.position
  `.execute(db)
  return rows
}

/** Which of these steps somebody is still to be called for. */
export async function stepsStillOwed(db: Ground, steps: readonly SpokenStep[]): Promise<ReadonlySet<string>> {
  if (steps.length === 0) return new Set()
  const { rows } = await sql<{ stepId: string }>`
    select o.step_id from unnest(${steps.map(({ programmeId }) => programmeId)}::uuid[],
      ${steps.map(({ stepId }) => stepId)}::uuid[]) as o (programme_id, step_id)
    where exists (select from task t where t.programme_id = o.programme_id and t.step_id = o.step_id
        and t.state in ('scheduled', 'retry_wait', 'callback'))
      or exists (select from task t where t.programme_id = o.programme_id and t.step_id = o.step_id
        and t.state in ('claimed', 'in_progress', 'wrapping'))
  `.execute(db)
  return new Set(rows.map(({ stepId }) => stepId))
}

/** What one node lacks to ask what a programme asks. */
export interface ProgrammeLack {
  readonly programmeId: string
  readonly reason: FlowLack['reason']
  /** For people: flows and questionnaires with their versions, and prompts. */
  readonly what: readonly string[]
}

/**
 * All that a node lacks, in the place of what it said before; said again, it is renewed.
 * @returns programmes of which it says another thing than before
 */
export async function saveLacks(
  tx: GroundTransaction,
  node: string,
  lacks: readonly ProgrammeLack[],
): Promise<readonly string[]> {
  const { rows } = await sql<{ programmeId: string }>`
    with said as (
      select * from jsonb_to_recordset(${JSON.stringify(rowsOf(lacks))}::jsonb)
        as x (programme_id uuid, reason text, what text[])
    ), before as (
      select programme_id, reason, what from programme_lack where node = ${node} for update
    ), mended as (
      delete from programme_lack where node = ${node} and programme_id not in (select programme_id from said)
    ), saved as (
      insert into programme_lack (programme_id, node, reason, what) select programme_id, ${node}, reason, what from said
      on conflict (programme_id, node) do update set reason = excluded.reason, what = excluded.what,
        seen_at = excluded.seen_at, since = case when programme_lack.reason = excluded.reason
          then programme_lack.since else excluded.since end
    )
    select coalesce(s.programme_id, b.programme_id) as programme_id from said s full join before b
      on b.programme_id = s.programme_id
    where (s.reason, s.what) is distinct from (b.reason, b.what)
  `.execute(tx)
  return rows.map(({ programmeId }) => programmeId)
}

function rowsOf(lacks: readonly ProgrammeLack[]) {
  return lacks.map(({ programmeId, reason, what }) => ({ programme_id: programmeId, reason, what }))
}

/** What keeps programmes from being asked by keys, by what the nodes that are there say. */
export async function lacksInForce(
  db: Ground,
): Promise<readonly (ProgrammeLack & { readonly name: string; readonly node: string })[]> {
  const { rows } = await sql<ProgrammeLack & { name: string; node: string }>`
    select l.programme_id, p.name, l.node, l.reason, l.what
    from programme_lack_in_force l join programme p on p.id = l.programme_id join campaign c on c.id = p.campaign_id
    where p.state <> 'stopped' and c.pacing = 'agentless' order by p.name, l.node
  `.execute(db)
  return rows
}
