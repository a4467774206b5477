import { stat, writeFile } from 'node:fs/promises'
import type { Writable } from 'node:stream'
import { parseArgs } from 'node:util'
import { systemActor } from '#platform/audit/audit-store.ts'
import { AppError, UserError } from '#platform/errors/errors.ts'
import type { GroundFloor } from '#platform/ground.ts'
import type { Purpose } from '../follow-up-tables.ts'
import type { Place } from './cell.ts'
import { hospitalWords } from './hospital-intake.ts'
import { ImportRecords } from './import-records.ts'
import './intake-errors.ts'
import { type ImportDone, importDischargeList } from './intake-service.ts'
import { exclusionWords, type RowWarning, warningWords } from './row-codes.ts'
import { ensureStandardHospital } from './standard-hospital.ts'

export interface ImportIo {
  /** Opened as a guest: beside a running instance or alone. */
  readonly ground: Pick<GroundFloor, 'db' | 'secrets' | 'clock' | 'log' | 'settings'>
  /** With `--json` one JSON document and nothing else. */
  readonly stdout: Writable
  readonly stderr: Writable
  readonly language: 'zh' | 'en'
}

const PURPOSES: readonly Purpose[] = ['clinical', 'satisfaction', 'research', 'care']

/**
 * Command `import <file> [--json] [--errors <out.csv>] [--consent "<words>"] [--purpose satisfaction] [--sheet <name>]
 * [--site <name>] [--columns <file.json>] [--area-code <0752>]`.
 *
 * The hospital's own column words are read from `columns.json` in the data folder where `--columns` names no other file.
 * @returns the exit code: 0 when the file was read (whatever became of its rows), 1 when it was not, 2 for wrong usage
 */
export async function runImport(argv: readonly string[], io: ImportIo): Promise<number> {
  const { stdout, stderr, language } = io
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true })
    const [file, ...others] = positionals
    if (file === undefined || others.length > 0 || values.help) {
      stderr.write(`${usage[language]}\n`)
      return values.help ? 0 : 2
    }
    if (values.errors !== undefined && (await isSameFile(file, values.errors))) {
      throw new UserError('IMPORT_ERRORS_OVER_LIST', { file })
    }
    const done = await importFile(file, values, io)
    if (values.errors !== undefined) await writeErrors(values.errors, done, io)
    if (values.json) stdout.write(`${JSON.stringify(done.report)}\n`)
    else stdout.write(words(done, language))
    if (values.json) for (const note of notes(done, language)) stderr.write(`${note}\n`)
    return 0
  } catch (error) {
    if (error instanceof AppError) {
      stderr.write(`${error.messageIn(language)} (${error.code})\n`)
      return 1
    }
    if (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')) {
      stderr.write(`${error.message}\n${usage[language]}\n`)
      return 2
    }
    throw error
  }
}

const options = {
  json: { type: 'boolean' },
  errors: { type: 'string' },
  consent: { type: 'string' },
  purpose: { type: 'string' },
  sheet: { type: 'string' },
  site: { type: 'string' },
  columns: { type: 'string' },
  'area-code': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

type Given = ReturnType<typeof parseArgs<{ options: typeof options }>>['values']

const usage = {
  zh: `用法: npm run suifang -- import <文件> [选项]
  --json               以一个 JSON 文档输出结果
  --errors <文件.csv>  将未导入的行及原因写入文件,更正后可直接再次导入
  --consent "<文字>"   声明名单内患者均已同意接受随访电话,及所依据的文字
  --purpose <用途>     同意的用途: satisfaction(默认), clinical, research, care
  --sheet <工作表>     要读取的工作表
  --site <院区>        导入到哪个院区
  --columns <文件>     医院自用列名(默认: 数据目录下的 columns.json)
  --area-code <区号>   固定电话缺区号时使用的区号,如 0752(默认: intake --area-code 所设)`,
  en: `Usage: npm run suifang -- import <file> [options]
  --json               print the report as one JSON document
  --errors <file.csv>  write the rejected rows with reasons; corrected, that file can be imported as it is
  --consent "<words>"  declare that everybody on the list agreed to follow-up calls, and by which words
  --purpose <purpose>  what they agreed to: satisfaction (default), clinical, research, care
  --sheet <name>       the sheet to read
  --site <name>        the site to import into
  --columns <file>     the hospital's own names for columns (default: columns.json in the data folder)
  --area-code <code>   for landlines written without one, such as 0752 (default: what intake --area-code says)`,
}

async function importFile(file: string, given: Given, io: ImportIo): Promise<ImportDone> {
  const { ground, language } = io
  const { consent, sheet, site } = given
  const areaCode = given['area-code']
  // An import may be the first thing that ever happens in a data folder.
  await ensureStandardHospital(ground.db)
  return importDischargeList(
    {
      ...ground,
      words: await hospitalWords(ground.settings.dataDir, given.columns),
      ...(areaCode ? { areaCode } : {}),
    },
    {
      fileName: file,
      content: { path: file },
      actor: systemActor,
      language,
      ...(sheet === undefined ? {} : { sheet }),
      ...(site === undefined ? {} : { site }),
      ...(consent === undefined ? {} : { declaredConsent: { purpose: purposeOf(given.purpose), words: consent } }),
    },
  )
}

function purposeOf(given: string | undefined): Purpose {
  const purpose = PURPOSES.find((known) => known === (given ?? 'satisfaction'))
  if (!purpose) throw new UserError('IMPORT_PURPOSE_UNKNOWN', { given: given ?? '', known: PURPOSES })
  return purpose
}

/** By whatever names and links. */
async function isSameFile(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([one, other].map((path) => stat(path).catch(() => null)))
  return a !== null && b !== null && a?.dev === b?.dev && a?.ino === b?.ino
}

async function writeErrors(file: string, done: ImportDone, { ground }: ImportIo): Promise<void> {
  const text = await new ImportRecords(ground).errorFile(done.importId)
  try {
    await writeFile(file, text, { mode: 0o600 })
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    throw new UserError('IMPORT_ERRORS_UNWRITABLE', { file, reason }, { cause: error })
  }
}

function words(done: ImportDone, language: 'zh' | 'en'): string {
  const { report } = done
  const lines = [
    language === 'zh'
      ? `读取 ${report.read} 行患者: 新增 ${report.created}, 更新 ${report.changed}, 未变 ${report.unchanged}, 重复 ${report.duplicate}, 不随访 ${report.excluded.length}, 未导入 ${report.rejected.length}`
      : `${report.read} patient rows read: ${report.created} new, ${report.changed} changed, ${report.unchanged} unchanged, ${report.duplicate} duplicate, ${report.excluded.length} excluded, ${report.rejected.length} rejected`,
    ...report.rejected.map(
      ({ at, column, code, message }) => `  ${place(at, language)}${column ? ` [${column}]` : ''} ${code}: ${message}`,
    ),
    ...report.excluded.map(
      ({ at, reason }) => `  ${place(at, language)} ${reason}: ${exclusionWords[reason][language]}`,
    ),
    ...notes(done, language),
  ]
  return `${lines.join('\n')}\n`
}

/** How the file was understood, and what was odd in rows that were read, counted. */
function notes({ file, warnings }: ImportDone, language: 'zh' | 'en'): string[] {
  const counts = new Map<RowWarning, number>()
  for (const { warnings: told } of warnings) for (const one of told) counts.set(one, (counts.get(one) ?? 0) + 1)
  const lines = [...counts].map(([warning, count]) => `  ${warning} × ${count}: ${warningWords[warning][language]}`)
  if (lines.length > 0) lines.unshift(language === 'zh' ? '已导入但请留意:' : 'Read all the same, but please look at:')
  if (file.otherSheets.length > 0) {
    const names = file.otherSheets.join(', ')
    lines.unshift(
      language === 'zh'
        ? `仅读取了工作表"${file.sheet}";下列工作表也有名单但未读取(用 --sheet 指定): ${names}`
        : `Only the sheet "${file.sheet}" was read; these have lists too and were not (name one with --sheet): ${names}`,
    )
  }
  return lines
}

function place(at: Place, language: 'zh' | 'en'): string {
  const number = 'line' in at ? at.line : at.row
  if (language === 'zh') return `第 ${number} 行`
  return 'line' in at ? `line ${number}` : `row ${number}`
}
