import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import {
  type ImportDone,
  type ImportRequest,
  type IntakeParts,
  importDischargeList,
} from '../../src/follow-up/intake/intake-service.ts'
import { ensureStandardHospital } from '../../src/follow-up/intake/standard-hospital.ts'
import { systemActor } from '../../src/platform/audit/audit-store.ts'
import { frozenClock } from '../../src/platform/clock.ts'
import type { Ground } from '../../src/platform/database/database.ts'
import { silentLog } from '../../src/platform/log.ts'
import { secretsOf } from '../../src/platform/secrets.ts'

/** The import day that the sample lists assume, at noon in the hospital. */
export const importDay = new Date('2026-11-20T12:00:00+08:00')

/** A hospital with the standard programme, and what imports into it. */
export async function hospital(db: Ground) {
  const { siteId, programmeId } = await ensureStandardHospital(db)
  const parts: IntakeParts = { db, secrets: secretsOf(randomBytes(32)), clock: frozenClock(importDay), log: silentLog }
  const importFile = (content: string | Uint8Array, request: Partial<ImportRequest> = {}): Promise<ImportDone> =>
    importDischargeList(parts, {
      fileName: 'list.csv',
      content: { bytes: typeof content === 'string' ? new TextEncoder().encode(content) : content },
      actor: systemActor,
      ...request,
    })
  return { siteId, programmeId, parts, importFile }
}

export const header =
  '住院号,姓名,身份证号,出生日期,联系电话,联系人姓名,关系,联系人电话,科室,入院时间,出院时间,出院诊断,诊断编码,离院方式'

export interface ListRow {
  readonly no: string
  readonly name: string
  readonly id?: string
  readonly birth?: string
  readonly phone?: string
  readonly contact?: string
  readonly relation?: string
  readonly contactPhone?: string
  readonly department?: string
  readonly admitted?: string
  readonly discharged?: string
  readonly diagnosis?: string
  readonly code?: string
  readonly leaveMode?: string
}

export function list(...rows: readonly ListRow[]): string {
  const lines = rows.map((row) =>
    [
      row.no,
      row.name,
      row.id ?? '',
      row.birth ?? '1960-05-01',
      row.phone ?? '',
      row.contact ?? '',
      row.relation ?? '',
      row.contactPhone ?? '',
      row.department ?? '骨科',
      row.admitted ?? '2026-10-10 08:00',
      row.discharged ?? '2026-10-22 16:51',
      row.diagnosis ?? '腰椎间盘突出',
      row.code ?? 'M51.202',
      row.leaveMode ?? '1',
    ].join(','),
  )
  return [header, ...lines].join('\n')
}

/** Rows of every table that an import may write, without the record of the imports themselves. */
export async function everything(db: Ground): Promise<Readonly<Record<string, unknown>>> {
  const tables = [
    'patient',
    'patient_phone',
    'phone_number',
    'encounter',
    'diagnosis',
    'operation',
    'enrolment',
    'task',
    'consent',
    'department',
  ]
  const content: Record<string, unknown> = {}
  for (const table of tables) {
    const { rows } = await sql`select md5(t::text) as row from ${sql.table(table)} t order by 1`.execute(db)
    content[table] = rows
  }
  return content
}

export async function counts(db: Ground) {
  const { rows } = await sql<Record<'patients' | 'encounters' | 'tasks' | 'numbers' | 'runs', number>>`
    select (select count(*)::integer from patient) as patients, (select count(*)::integer from encounter) as encounters,
      (select count(*)::integer from task) as tasks, (select count(*)::integer from phone_number) as numbers,
      (select count(*)::integer from import_run) as runs
  `.execute(db)
  return rows[0]
}
