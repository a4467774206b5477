import { sql } from 'kysely'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import type { Draft } from './questionnaire-draft.ts'
import '../follow-up-tables.ts'

export interface UseRow {
  readonly versionId: string
  readonly questionnaireId: string
  readonly programme: string
  readonly state: 'running' | 'paused' | 'stopped'
  readonly version: number
}

/** Programmes whose latest version asks a questionnaire; what runs under earlier ones keeps its own. */
export async function usesOf(db: Ground): Promise<readonly UseRow[]> {
  const { rows } = await sql<UseRow>`
    select distinct v.id as "versionId", v.questionnaire_id as "questionnaireId", p.name as programme, p.state, v.version
    from programme p
    join lateral (
      select l.id from programme_version l where l.programme_id = p.id order by l.version desc limit 1
    ) latest on true
    join programme_step s on s.programme_version_id = latest.id
    join questionnaire_version v on v.id = s.questionnaire_version_id
    order by p.name
  `.execute(db)
  return rows
}

export interface VersionRow {
  readonly id: string
  readonly questionnaireId: string
  readonly code: string
  readonly version: number
  readonly definition: unknown
  readonly at: Date
  readonly by: string | null
  readonly reason: string | null
}

function versions(where: ReturnType<typeof sql>) {
  return sql<VersionRow>`
    select v.id, v.questionnaire_id as "questionnaireId", q.code, v.version, v.definition, v.created_at as at,
      a.display_name as by, p.reason
    from questionnaire_version v join questionnaire q on q.id = v.questionnaire_id
    left join questionnaire_publication p on p.version_id = v.id
    left join user_account a on a.id = p.by_account
    where ${where} order by v.version desc
  `
}

/** All versions of one, newest first. */
export async function versionsOf(
  db: Ground | GroundTransaction,
  questionnaireId: string,
): Promise<readonly VersionRow[]> {
  return (await versions(sql`v.questionnaire_id = ${questionnaireId}`).execute(db)).rows
}

/** The last version of each. */
export async function latestVersions(db: Ground): Promise<readonly VersionRow[]> {
  const latest = sql`v.version = (
    select max(o.version) from questionnaire_version o where o.questionnaire_id = v.questionnaire_id)`
  return (await versions(latest).execute(db)).rows
}

export async function versionById(db: GroundTransaction, id: string): Promise<VersionRow | null> {
  return (await versions(sql`v.id = ${id}`).execute(db)).rows[0] ?? null
}

export interface DraftRow {
  readonly questionnaireId: string
  readonly byKeys: boolean
  readonly document: unknown
  readonly revision: number
  readonly changedAt: Date
  readonly changedBy: string | null
}

function drafts(where: ReturnType<typeof sql>) {
  return sql<DraftRow>`
    select d.questionnaire_id as "questionnaireId", d.by_keys as "byKeys", d.document, d.revision,
      d.changed_at as "changedAt", a.display_name as "changedBy"
    from questionnaire_draft d join user_account a on a.id = d.changed_by
    where ${where}
  `
}

export async function allDrafts(db: Ground): Promise<readonly DraftRow[]> {
  return (await drafts(sql`true`).execute(db)).rows
}

export async function draftRow(db: Ground | GroundTransaction, questionnaireId: string): Promise<DraftRow | null> {
  return (await drafts(sql`d.questionnaire_id = ${questionnaireId}`).execute(db)).rows[0] ?? null
}

/** Whoever changes or publishes a questionnaire comes one at a time. @returns its code, or null where there is none */
export async function lockQuestionnaire(tx: GroundTransaction, questionnaireId: string): Promise<string | null> {
  const row = await tx
    .selectFrom('questionnaire')
    .select('code')
    .where('id', '=', questionnaireId)
    .forUpdate()
    .executeTakeFirst()
  return row?.code ?? null
}

export async function questionnaireCode(db: Ground, questionnaireId: string): Promise<string | null> {
  const row = await db.selectFrom('questionnaire').select('code').where('id', '=', questionnaireId).executeTakeFirst()
  return row?.code ?? null
}

export async function insertQuestionnaire(
  tx: GroundTransaction,
  row: { readonly id: string; readonly code: string; readonly name: string },
): Promise<void> {
  await tx.insertInto('questionnaire').values(row).execute()
}

export interface DraftContent {
  readonly questionnaireId: string
  readonly byKeys: boolean
  readonly document: Draft
  readonly changedBy: string
}

/** A first draft, of a questionnaire that has none. @returns its revision: the database gives each but once */
export async function insertDraft(tx: GroundTransaction, draft: DraftContent): Promise<number | null> {
  const { rows } = await sql<{ revision: number }>`
    insert into questionnaire_draft (questionnaire_id, by_keys, document, changed_by)
    values (${draft.questionnaireId}, ${draft.byKeys}, ${JSON.stringify(draft.document)}::jsonb, ${draft.changedBy})
    returning revision
  `.execute(tx)
  return rows[0]?.revision ?? null
}

/** @returns the new revision; null where the draft is no longer at this one */
export async function updateDraft(
  tx: GroundTransaction,
  draft: DraftContent & { readonly revision: number },
): Promise<number | null> {
  const { rows } = await sql<{ revision: number }>`
    update questionnaire_draft set by_keys = ${draft.byKeys}, document = ${JSON.stringify(draft.document)}::jsonb,
      changed_by = ${draft.changedBy}, changed_at = app_now()
    where questionnaire_id = ${draft.questionnaireId} and revision = ${draft.revision}
    returning revision
  `.execute(tx)
  return rows[0]?.revision ?? null
}

/** The draft, and the questionnaire too where nothing of it was ever published. */
export async function deleteDraft(tx: GroundTransaction, questionnaireId: string): Promise<void> {
  await sql`delete from questionnaire_draft where questionnaire_id = ${questionnaireId}`.execute(tx)
  await sql`
    delete from questionnaire q where q.id = ${questionnaireId}
      and not exists (select from questionnaire_version v where v.questionnaire_id = q.id)
  `.execute(tx)
}

export async function insertPublication(
  tx: GroundTransaction,
  { versionId, reason, by }: { readonly versionId: string; readonly reason: string; readonly by: string },
): Promise<void> {
  await sql`
    insert into questionnaire_publication (version_id, reason, by_account) values (${versionId}, ${reason}, ${by})
  `.execute(tx)
}
