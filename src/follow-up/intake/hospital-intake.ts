import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Type } from 'typebox'
import { systemActor, writeAudit } from '#platform/audit/audit-store.ts'
import type { Ground } from '#platform/database/database.ts'
import { AppError, UserError } from '#platform/errors/errors.ts'
import { changeSetting, defineSetting, readSetting } from '#platform/settings/hospital-settings.ts'
import { type HospitalWords, parseHospitalWords } from './column-words.ts'
import './intake-errors.ts'

/** What a hospital says once of all its lists, whether they come by the console or the command line. */

const intakeSetting = defineSetting(
  'intake',
  Type.Object({
    /** Of landlines that are written without one, such as `0752`; null: those are not called. */
    areaCode: Type.Union([Type.String({ pattern: '^0\\d{2,3}$' }), Type.Null()]),
  }),
  { areaCode: null },
)

export async function hospitalAreaCode(db: Ground): Promise<string | null> {
  return (await readSetting(db, intakeSetting)).areaCode
}

/**
 * `intake [--area-code 0752|none]`: tells, or changes, what holds for every list.
 * @throws UserError HOSPITAL_SETTING_INVALID
 */
export async function intakeCommand(
  db: Ground,
  argv: readonly string[],
): Promise<{ readonly areaCode: string | null }> {
  const { values } = parseArgs({ args: [...argv], options: { 'area-code': { type: 'string' } } })
  const wish = values['area-code']
  if (wish === undefined) return readSetting(db, intakeSetting)
  const value = { areaCode: wish === 'none' ? null : wish }
  await db.transaction().execute(async (tx) => {
    const version = await changeSetting(tx, intakeSetting, value, null)
    const object = { kind: 'setting', id: intakeSetting.key }
    await writeAudit(tx, { actor: systemActor, action: 'setting.changed', object, outcome: 'ok', detail: { version } })
  })
  return value
}

/**
 * The hospital's own words for columns: of the file that is named, or of `columns.json` in the data folder if there is one.
 * @throws UserError IMPORT_COLUMN_FILE_BROKEN
 */
export async function hospitalWords(dataDir: string, named?: string): Promise<HospitalWords> {
  const file = named ?? join(dataDir, 'columns.json')
  if (named === undefined && !(await exists(file))) return {}
  try {
    return parseHospitalWords(await readFile(file, 'utf8'), file)
  } catch (error) {
    if (error instanceof AppError || !(error instanceof Error && 'code' in error)) throw error
    throw new UserError('IMPORT_COLUMN_FILE_BROKEN', { file, reason: String(error.code) }, { cause: error })
  }
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  )
}
