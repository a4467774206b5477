import { sql } from 'kysely'
import '../../src/follow-up/follow-up-tables.ts'
import type { Ground } from '#platform/database/database.ts'

/** One attempt as the database has it when all is over. */
export interface SurveyRow {
  readonly attemptId: string
  readonly state: string
  readonly result: string | null
  readonly outcome: string | null
  readonly sipStatus: number | null
  readonly q850: number | null
  readonly taskState: string
  readonly response: string | null
  readonly respondent: string | null
  /** Keys that the flow took, as pressed. */
  readonly keysTaken: string
  readonly keysDropped: string
  /** Keys of the answers, in the order of the questions. */
  readonly answers: string
  readonly recording: string | null
  readonly recordingPath: string | null
}

/** Every attempt with its survey and its recording. */
export async function surveyRows(db: Ground): Promise<SurveyRow[]> {
  const { rows } = await sql<SurveyRow>`
    select a.id as attempt_id, a.state, a.result, a.outcome, a.sip_status, a.q850, t.state as task_state,
      s.state as response, s.respondent, r.state as recording, r.path as recording_path,
      coalesce(keys.taken, '') as keys_taken, coalesce(keys.dropped, '') as keys_dropped,
      coalesce((select string_agg(w.keys, '' order by w.id) from answer w where w.attempt_id = a.id), '') as answers
    from attempt a
    join task t on t.id = a.task_id
    left join response s on s.task_id = t.id
    left join recording r on r.attempt_id = a.id
    left join lateral (
      select string_agg(e.body->>'digit', '' order by e.seq) filter (where (e.body->>'taken')::boolean) as taken,
        string_agg(e.body->>'digit', '' order by e.seq) filter (where not (e.body->>'taken')::boolean) as dropped
      from call_event e where e.attempt_id = a.id and e.type = 'key'
    ) keys on true
    order by a.id
  `.execute(db)
  return rows
}

/** What is still going on: attempts by how far they are, recordings that nobody has judged. */
export async function underWay(
  db: Ground,
): Promise<{ started: number; active: number; answered: number; unjudged: number }> {
  const { rows } = await sql<{ started: number; active: number; answered: number; unjudged: number }>`
    select (select count(*)::integer from attempt where dialing_at is not null) as started,
      (select count(*)::integer from attempt where state <> 'ended') as active,
      (select count(*)::integer from attempt where state in ('answered', 'bridged')) as answered,
      (select count(*)::integer from recording where state in ('expected', 'recording', 'paused', 'closed')) as unjudged
  `.execute(db)
  const [now] = rows
  if (now === undefined) throw new Error('the database counts nothing')
  return now
}
