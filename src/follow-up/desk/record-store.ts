import { sql } from 'kysely'
import type { LocalText } from '#contact-center/ivr/flow-definition.ts'
import type { GroundTransaction } from '#platform/database/database.ts'
import type { EncounterKind, Respondent } from '../follow-up-tables.ts'
import type { Answers } from '../questionnaire/questionnaire.ts'
import { stands } from '../responses/response-store.ts'
import type { CallSummary } from './call-summary.ts'
import '#contact-center/acd/acd-tables.ts'
import '#contact-center/acd/queue-tables.ts'
import '#contact-center/contact-center-tables.ts'

/**
 * What a patient's record shows, one statement a panel. Every one of them starts from the task or its patient and goes
 * by an index; the patient's tasks are found by the enrolments.
 */

export interface PatientFacts {
  readonly patientId: string
  readonly name: string
  readonly sex: string | null
  readonly birthDate: string | null
  readonly patientNo: string | null
  readonly idType: string | null
  readonly idLast4: string | null
  readonly vip: string | null
  readonly deceased: boolean
  readonly tags: readonly string[]
  readonly now: Date
}

export interface RecordHead extends PatientFacts {
  readonly taskId: string
  readonly taskState: string
  readonly dueOn: string
  readonly programmeId: string
  readonly programme: string
  readonly site: string
  /** The reader's own call of this task, or else the last of it; null before the first. */
  readonly attemptId: string | null
  /** Of that call's reservation, where it is the reader's own and still stands. */
  readonly reserved: 'pending' | 'accepted' | 'wrapping' | null
  /** The reader chose to call this patient, and nobody has answered yet. */
  readonly chosen: boolean
  /** The reader's seat shows the task before it is dialled. */
  readonly previewing: boolean
  /** A supervisor has taken that call over: the form is that one's. */
  readonly handedOver: boolean
  /** The number that call dialled; before the first, the one to be dialled. */
  readonly phoneNumberId: string | null
  readonly definition: unknown
  readonly answers: Answers
  readonly respondent: Respondent | null
}

const patientColumns = sql`b.id as patient_id, b.name, b.sex, b.birth_date, b.patient_no, b.id_type, b.id_last4, b.vip,
  b.deceased_at is not null as deceased, b.tags, app_now() as now`

/** @param userId who reads */
export async function recordHead(tx: GroundTransaction, taskId: string, userId: string): Promise<RecordHead | null> {
  const { rows } = await sql<RecordHead>`
    select t.id as task_id, t.state as task_state, t.due_on, t.programme_id, p.name as programme, site.name as site,
      ${patientColumns},
      coalesce(own.id, last.id) as attempt_id, own.state as reserved, coalesce(own.by_hand and own.state = 'pending', false) as chosen, coalesce(own.handed_over, false) as handed_over,
      exists (select from preview w join seat u on u.id = w.seat_id
        where w.task_id = t.id and u.agent_id = ${userId} and w.ended_at is null) as previewing,
      coalesce(own.phone_number_id, last.phone_number_id, t.phone_number_id) as phone_number_id,
      v.definition, f.respondent,
      coalesce((select jsonb_object_agg(w.question_id, w.value) from answer w where w.response_id = f.id and ${stands}),
        '{}') as answers
    from task t
    join programme p on p.id = t.programme_id
    join patient b on b.id = t.patient_id
    join site on site.id = b.site_id
    join programme_step step on step.id = t.step_id
    left join response f on f.task_id = t.id
    left join questionnaire_version v on v.id = coalesce(f.questionnaire_version_id, step.questionnaire_version_id)
    left join lateral (
      select a.id, a.phone_number_id, a.by_hand, r.state, r.handed_over_at is not null as handed_over from attempt a
      join reservation r on r.attempt_id = a.id join seat s on s.id = r.seat_id
      where a.task_id = t.id and s.agent_id = ${userId} and r.state in ('pending', 'accepted', 'wrapping')
      order by a.id desc limit 1
    ) own on true
    left join lateral (
      select a.id, a.phone_number_id from attempt a where a.task_id = t.id order by a.id desc limit 1
    ) last on true
    where t.id = ${taskId}
  `.execute(tx)
  return rows[0] ?? null
}

export async function phoneRows(tx: GroundTransaction, patientId: string) {
  const { rows } = await sql<{
    phoneNumberId: string
    relation: string | null
    relationWord: string | null
    contactName: string | null
    last4: string
    ciphertext: Buffer
    wrongPerson: boolean
    flag: string | null
  }>`
    select n.id as phone_number_id, p.relation, p.relation_word, p.contact_name, n.last4, n.ciphertext,
      p.wrong_person_at is not null as wrong_person, n.flag
    from patient_phone p join phone_number n on n.id = p.phone_number_id
    where p.patient_id = ${patientId} and p.removed_at is null order by p.position, p.id limit 20
  `.execute(tx)
  return rows
}

/** Stays and visits, newest first, with diagnoses and operations in words (a code where there are none). */
export async function encounterRows(tx: GroundTransaction, patientId: string, limit: number) {
  const { rows } = await sql<{
    id: string
    kind: EncounterKind
    encounterNo: string
    admittedOn: string | null
    dischargedOn: string | null
    disposition: string | null
    department: string | null
    ward: string | null
    attending: string | null
    diagnoses: readonly string[]
    operations: readonly string[]
  }>`
    select e.id, e.kind, e.encounter_no, e.admitted_on, e.discharged_on, e.disposition, d.name as department, e.ward,
      e.doctor_name as attending,
      array(select coalesce(g.text, g.code) from diagnosis g where g.encounter_id = e.id order by g.position) as diagnoses,
      array(select coalesce(o.text, o.code) from operation o where o.encounter_id = e.id order by o.position) as operations
    from encounter e left join department d on d.id = e.department_id
    where e.patient_id = ${patientId}
    order by coalesce(e.discharged_on, e.admitted_on) desc nulls last, e.id desc limit ${limit}
  `.execute(tx)
  return rows
}

/**
 * Calls to this patient over all programmes, newest first (requirements D03).
 * @param besides the call that the reader is in: it is no earlier one
 */
export async function pastCallRows(tx: GroundTransaction, patientId: string, besides: string | null, limit: number) {
  const { rows } = await sql<{
    attemptId: string
    at: Date
    programme: string
    result: string | null
    correctedResult: string | null
    outcome: string | null
    talkSeconds: number | null
    agentNo: string | null
    note: string | null
    recordingId: string | null
  }>`
    select a.id as attempt_id, a.counts_at as at, p.name as programme, a.result, a.corrected_result, a.outcome,
      extract(epoch from a.ended_at - a.answered_at)::float8 as talk_seconds, g.agent_no,
      (select c.note from call_summary c where c.attempt_id = a.id order by c.version desc limit 1) as note,
      (select w.id from recording w where w.attempt_id = a.id and w.part = 1
        and w.state in ('closed', 'verified', 'stored', 'held', 'damaged')) as recording_id
    from enrolment e
    join task t on t.enrolment_id = e.id
    join attempt a on a.task_id = t.id
    join programme p on p.id = t.programme_id
    left join reservation r on r.attempt_id = a.id and r.handed_over_at is null
    left join seat s on s.id = r.seat_id
    left join agent g on g.user_id = coalesce(a.agent_id, s.agent_id)
    where e.patient_id = ${patientId} and a.id is distinct from ${besides}::uuid
    order by a.counts_at desc, a.id desc limit ${limit}
  `.execute(tx)
  return rows
}

/** Forms of this patient besides the one in hand, newest first (requirements D04, D05). */
export async function pastFormRows(tx: GroundTransaction, patientId: string, taskId: string | null, limit: number) {
  const { rows } = await sql<{
    id: string
    at: Date
    attemptId: string | null
    setAside: boolean
    state: string
    respondent: Respondent | null
    title: LocalText
    definition: unknown
    answers: Answers
  }>`
    select f.id, coalesce(f.completed_at, f.started_at) as at, said.attempt_id, f.set_aside_of is not null as set_aside, f.state, f.respondent, v.definition -> 'title' as title, v.definition,
      said.answers
    from enrolment e
    join task t on t.enrolment_id = e.id
    join response f on (f.task_id = t.id and t.id is distinct from ${taskId}::uuid) or f.set_aside_of = t.id
    join questionnaire_version v on v.id = f.questionnaire_version_id
    cross join lateral (
      select jsonb_object_agg(w.question_id, w.value) as answers,
        (array_agg(w.attempt_id order by w.at desc, w.id desc))[1] as attempt_id
      from answer w where w.response_id = f.id and ${stands}
    ) said
    where e.patient_id = ${patientId} and said.answers is not null
    order by coalesce(f.completed_at, f.started_at) desc, f.id desc limit ${limit}
  `.execute(tx)
  return rows
}

/** A questionnaire that may be asked in a task's call. */
export interface QuestionnaireChoice {
  readonly versionId: string
  readonly title: LocalText
  /** The task's by its plan. */
  readonly own: boolean
  readonly inHand: boolean
  /** Given so far. */
  readonly answers: number
}

/** The task's own first; then what it has forms of, and the others of the hospital as they are published now. */
export async function questionnaireChoices(
  tx: GroundTransaction,
  taskId: string,
): Promise<readonly QuestionnaireChoice[]> {
  const { rows } = await sql<QuestionnaireChoice>`
    with form as (
      select questionnaire_version_id, id, task_id is not null as in_hand from response
      where task_id = ${taskId} or set_aside_of = ${taskId}
    ), own as (
      select s.questionnaire_version_id as id from task t join programme_step s on s.id = t.step_id where t.id = ${taskId}
    ), known as (
      select id from own where id is not null union select questionnaire_version_id from form
    ), latest as (
      select distinct on (v.questionnaire_id) v.id from questionnaire_version v
      where v.questionnaire_id not in (select k.questionnaire_id from questionnaire_version k where k.id in (select id from known))
      order by v.questionnaire_id, v.version desc
    )
    select v.id as version_id, v.definition -> 'title' as title, v.id in (select id from own) as own,
      coalesce(f.in_hand, v.id in (select id from own) and not exists (select from form where in_hand)) as in_hand,
      (select count(*)::integer from answer w where w.response_id = f.id and ${stands}) as answers
    from questionnaire_version v left join form f on f.questionnaire_version_id = v.id
    where v.id in (select id from known union select id from latest)
      -- What cannot be read cannot be asked.
      and jsonb_typeof(v.definition -> 'questions') = 'array'
    order by own desc, f.id is null, v.definition -> 'title' ->> 'zh', v.id limit 50
  `.execute(tx)
  return rows
}

/** Who put the task back before a call, and why, newest first. */
export async function skipRows(tx: GroundTransaction, taskId: string) {
  const { rows } = await sql<{ at: Date; reason: string; agentNo: string | null }>`
    select v.ended_at as at, v.skip_reason as reason, g.agent_no
    from preview v join seat s on s.id = v.seat_id left join agent g on g.user_id = s.agent_id
    where v.task_id = ${taskId} and v.ended_reason = 'skipped' order by v.offered_at desc limit 20
  `.execute(tx)
  return rows
}

/** Somebody who is called on this number; null for anybody else. */
export async function sharer(
  tx: GroundTransaction,
  phoneNumberId: string | null,
  patientId: string,
): Promise<PatientFacts | null> {
  const { rows } = await sql<PatientFacts>`
    select ${patientColumns} from patient b
    where b.id = ${patientId} and b.merged_into is null and exists (select from patient_phone p
      where p.patient_id = b.id and p.phone_number_id = ${phoneNumberId}::uuid and p.removed_at is null)
  `.execute(tx)
  return rows[0] ?? null
}

/** Who else is called on this number, with a task of theirs that is still open (requirements D08). */
export async function sharerRows(tx: GroundTransaction, phoneNumberId: string | null, patientId: string) {
  if (phoneNumberId === null) return []
  const { rows } = await sql<{
    patientId: string
    name: string
    sex: string | null
    birthDate: string | null
    relation: string | null
    taskId: string | null
    programme: string | null
  }>`
    select b.id as patient_id, b.name, b.sex, b.birth_date, p.relation, open.id as task_id, open.programme
    from patient_phone p
    join patient b on b.id = p.patient_id and b.merged_into is null
    left join lateral (
      select t.id, g.name as programme from task t join programme g on g.id = t.programme_id
      where t.patient_id = b.id and t.state in ('scheduled', 'retry_wait', 'callback', 'suspended')
      order by t.due_at, t.id limit 1
    ) open on true
    where p.phone_number_id = ${phoneNumberId} and p.removed_at is null and b.id <> ${patientId}
    order by b.id limit 20
  `.execute(tx)
  return rows
}

/** A version of a call's summary, with who wrote it and when. */
export interface SummaryVersion extends CallSummary {
  readonly version: number
  readonly at: Date
  readonly by: string
}

/** Every version, newest first; empty before the first. */
export async function summaryVersions(
  tx: GroundTransaction,
  attemptId: string | null,
): Promise<readonly SummaryVersion[]> {
  if (attemptId === null) return []
  const { rows } = await sql<SummaryVersion>`
    select c.version, c.outcome, c.outcome_text, c.note, c.callback_at, c.at, coalesce(g.agent_no, u.sign_in_name) as by
    from call_summary c join user_account u on u.id = c.written_by left join agent g on g.user_id = c.written_by
    where c.attempt_id = ${attemptId} order by c.version desc
  `.execute(tx)
  return rows
}
