import { sql } from 'kysely'
import type { GroundTransaction } from '#platform/database/database.ts'
import { type Questionnaire, questionnaireShape } from '../questionnaire/questionnaire.ts'
import type { AnswerCount, AskedVersion } from './answers.ts'
import { formsOf, type ResponseFilter } from './report-store.ts'

export interface AnsweredVersion extends AskedVersion {
  readonly code: string
  readonly forms: number
  readonly complete: number
}

/** Versions that have filled forms of these discharges; one whose definition this release cannot read is left out. */
export async function answeredVersions(
  tx: GroundTransaction,
  filter: ResponseFilter,
): Promise<readonly AnsweredVersion[]> {
  const { rows } = await sql<Omit<AnsweredVersion, 'definition'> & { definition: unknown }>`
    ${formsOf(filter)}
    select v.id as version_id, v.questionnaire_id, v.version, v.definition, q.code, f.forms, f.complete
    from (
      select version_id, count(*)::int as forms, (count(*) filter (where state = 'complete'))::int as complete
      from form group by version_id
    ) f
    join questionnaire_version v on v.id = f.version_id join questionnaire q on q.id = v.questionnaire_id
    order by q.code, v.version desc
  `.execute(tx)
  return rows.flatMap(({ definition, ...row }) => (isQuestionnaire(definition) ? [{ ...row, definition }] : []))
}

function isQuestionnaire(definition: unknown): definition is Questionnaire {
  return questionnaireShape.Check(definition)
}

/** By version, department, question and answer; answers in words are counted together. */
export async function answerCounts(
  tx: GroundTransaction,
  filter: ResponseFilter,
  versions: readonly AskedVersion[],
): Promise<readonly AnswerCount[]> {
  const counted = versions.flatMap(({ versionId, definition }) =>
    definition.questions.flatMap(({ id, kind }) => (isCounted(kind) ? [{ versionId, id }] : [])),
  )
  const { rows } = await sql<AnswerCount>`
    ${formsOf(filter)}, spoken as (
      select * from unnest(${counted.map(({ versionId }) => versionId)}::uuid[], ${counted.map(({ id }) => id)}::text[])
        as one (version_id, question_id)
    )
    select f.version_id, f.department_id, w.question_id,
      case when k.question_id is not null or w.value = '"not_applicable"' then w.value end as value, count(*)::int as count
    from form f join answer w on w.response_id = f.id and w.value <> 'null'
    left join spoken k on k.version_id = f.version_id and k.question_id = w.question_id
    group by 1, 2, 3, 4
  `.execute(tx)
  return rows
}

/** Answers that are codes or numbers are counted by what they say; of the others it counts that there is one. */
function isCounted(kind: string): boolean {
  return kind === 'single' || kind === 'multiple' || kind === 'number'
}
