import { sql } from 'kysely'
import { Compile } from 'typebox/compile'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import { UnexpectedError } from '#platform/errors/errors.ts'
import type { RestDayRule } from '../follow-up-tables.ts'
import type { JudgingProgramme } from './judge.ts'
import { ProgrammeExclusions, ProgrammeMatch } from './programme.ts'
import './programme-errors.ts'

export interface StepRow {
  readonly stepId: string
  readonly afterDays: number | null
  readonly fixedOn: string | null
  readonly dueTime: string | null
  readonly restDayRule: RestDayRule
  readonly expiresAfterDays: number
  readonly priority: number
}

/** A version of a programme as people are enrolled under it. */
export interface EnrollingProgramme extends JudgingProgramme {
  readonly versionId: string
  readonly steps: readonly StepRow[]
}

const matchShape = Compile(ProgrammeMatch)
const exclusionsShape = Compile(ProgrammeExclusions)

/** What takes patients in, by its version in force: what is paused takes them too, it dials nobody. */
export function enrollingProgrammes(db: Ground | GroundTransaction): Promise<readonly EnrollingProgramme[]> {
  return programmesWith(
    db,
    sql`p.state <> 'stopped' and v.version = (
      select max(l.version) from programme_version l where l.programme_id = p.id)`,
  )
}

export function programmesOfVersions(
  db: Ground | GroundTransaction,
  ids: readonly string[],
): Promise<readonly EnrollingProgramme[]> {
  return programmesWith(db, sql`v.id = any (${ids}::uuid[])`)
}

async function programmesWith(
  db: Ground | GroundTransaction,
  which: ReturnType<typeof sql>,
): Promise<readonly EnrollingProgramme[]> {
  const { rows } = await sql<
    Omit<EnrollingProgramme, 'match' | 'exclusions'> & { match: unknown; exclusions: unknown }
  >`
    select p.id as programme_id, v.id as version_id, p.site_id, p.purpose, p.is_default, v.match, v.exclusions,
      (select jsonb_agg(jsonb_build_object('stepId', s.id, 'afterDays', s.after_days, 'fixedOn', s.fixed_on,
        'dueTime', to_char(s.due_time, 'HH24:MI'), 'restDayRule', s.rest_day_rule,
        'expiresAfterDays', s.expires_after_days, 'priority', s.priority) order by s.position)
        from programme_step s where s.programme_version_id = v.id) as steps
    from programme p join programme_version v on v.programme_id = p.id
    where ${which}
    order by p.id
  `.execute(db)
  return rows.map(({ match, exclusions, ...row }) => {
    if (!matchShape.Check(match) || !exclusionsShape.Check(exclusions)) {
      throw new UnexpectedError('PROGRAMME_UNREADABLE', { programme: row.programmeId })
    }
    return { ...row, steps: row.steps ?? [], match, exclusions }
  })
}
