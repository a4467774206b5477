import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { GroundTransaction } from '#platform/database/database.ts'
import { newId } from '#platform/ids.ts'
import type { RestDayRule } from '../follow-up-tables.ts'
import { publishQuestionnaire } from '../questionnaire/publish.ts'
import { questionnaireShape } from '../questionnaire/questionnaire.ts'
import type { RetryPlan } from '../tasks/retry.ts'
import type { ProgrammeExclusions, ProgrammeMatch } from './programme.ts'

/** Publishes a flow's document; the same again is the version there is. @returns the version's id */
export async function publishFlowVersion(tx: GroundTransaction, code: string, document: unknown): Promise<string> {
  const text = JSON.stringify(document)
  const sha256 = createHash('sha256').update(text).digest()
  const flow = await sql<{ id: string }>`
    insert into flow (id, code) values (${newId()}, ${code})
    on conflict (code) do update set code = excluded.code returning id
  `.execute(tx)
  const flowId = flow.rows[0]?.id
  const latest = await sql<{ id: string; version: number; sha256: Buffer }>`
    select id, version, sha256 from flow_version where flow_id = ${flowId} order by version desc limit 1
  `.execute(tx)
  const [known] = latest.rows
  if (known?.sha256.equals(sha256)) return known.id
  const id = newId()
  await sql`
    insert into flow_version (id, flow_id, version, definition, sha256)
    values (${id}, ${flowId}, ${(known?.version ?? 0) + 1}, ${text}::jsonb, ${sha256})
  `.execute(tx)
  return id
}

/**
 * Publishes a questionnaire; the same content again is the version there is.
 * @returns the version's id
 * @throws UserError QUESTIONNAIRE_INVALID
 */
export async function publishQuestionnaireVersion(
  tx: GroundTransaction,
  { code, name, document }: { readonly code: string; readonly name: string; readonly document: unknown },
): Promise<string> {
  const row = await sql<{ id: string }>`
    insert into questionnaire (id, code, name) values (${newId()}, ${code}, ${name})
    on conflict (code) do update set name = excluded.name returning id
  `.execute(tx)
  const questionnaireId = row.rows[0]?.id
  const latest = await sql<{ id: string; definition: unknown }>`
    select id, definition from questionnaire_version where questionnaire_id = ${questionnaireId}
    order by version desc limit 1
  `.execute(tx)
  const [known] = latest.rows
  const before = questionnaireShape.Check(known?.definition) ? known.definition : null
  const published = publishQuestionnaire(document, before)
  if (known !== undefined && published === before) return known.id
  const id = newId()
  await sql`
    insert into questionnaire_version (id, questionnaire_id, version, definition)
    values (${id}, ${questionnaireId}, ${published.version}, ${JSON.stringify(published)}::jsonb)
  `.execute(tx)
  return id
}

export interface ProgrammeStepDraft {
  /** After the discharge; null where the day is fixed. */
  readonly afterDays: number | null
  /** 'YYYY-MM-DD', one day for all; null or absent where it counts from the discharge. */
  readonly fixedOn?: string | null
  /** 'HH:MM'; null or absent: the hour of the discharge. */
  readonly dueTime?: string | null
  readonly restDayRule?: RestDayRule
  readonly expiresAfterDays?: number
  readonly priority?: number
  readonly questionnaireVersionId: string
  readonly flowVersionId: string
}

export interface ProgrammeVersionDraft {
  readonly match: ProgrammeMatch
  readonly exclusions: ProgrammeExclusions
  readonly retry: RetryPlan
  readonly steps: readonly ProgrammeStepDraft[]
  /** Who publishes it, and why; absent: the house itself. */
  readonly by?: { readonly accountId: string | null; readonly reason: string }
}

/** Adds the programme's next version; who is enrolled stays under theirs. @returns the version's id */
export async function publishProgrammeVersion(
  tx: GroundTransaction,
  programmeId: string,
  draft: ProgrammeVersionDraft,
): Promise<string> {
  const id = newId()
  await sql`
    insert into programme_version (id, programme_id, version, match, exclusions, retry, created_by, reason)
    select ${id}, ${programmeId}, coalesce(max(version), 0) + 1, ${JSON.stringify(draft.match)}::jsonb,
      ${JSON.stringify(draft.exclusions)}::jsonb, ${JSON.stringify(draft.retry)}::jsonb,
      ${draft.by?.accountId ?? null}::uuid, ${draft.by?.reason ?? null}
    from programme_version where programme_id = ${programmeId}
  `.execute(tx)
  for (const [index, step] of draft.steps.entries()) {
    await sql`
      insert into programme_step (id, programme_version_id, position, after_days, fixed_on, due_time, rest_day_rule,
        expires_after_days, priority, questionnaire_version_id, flow_version_id)
      values (${newId()}, ${id}, ${index + 1}, ${step.afterDays}, ${step.fixedOn ?? null}, ${step.dueTime ?? null},
        ${step.restDayRule ?? 'keep'}, ${step.expiresAfterDays ?? 30}, ${step.priority ?? 5},
        ${step.questionnaireVersionId}, ${step.flowVersionId})
    `.execute(tx)
  }
  return id
}
