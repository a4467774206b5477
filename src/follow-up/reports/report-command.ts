import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { UserError } from '#platform/errors/errors.ts'
import type { GroundFloor } from '#platform/ground.ts'
import type { Language } from '#platform/http/language.ts'
import { dayOf } from '../calling/hospital-day.ts'
import { csvFile } from './csv-file.ts'
import { reportSheets } from './export-columns.ts'
import { daysOfMonth } from './report.ts'
import type { ReportLine } from './report-schema.ts'
import { Reports } from './report-service.ts'
import { reportChoices } from './report-store.ts'

/**
 * `report [--month 2026-11] [--programme <code or name>] [--json] [--csv <file>]`: the report of the discharges of a month,
 * figures only, nobody's name; without a month the present one.
 * @throws UserError REPORT_MONTH_UNREADABLE, REPORT_PROGRAMME_UNKNOWN, REPORT_FILE_UNWRITABLE
 */
export async function reportCommand(
  { db, clock }: Pick<GroundFloor, 'db' | 'clock'>,
  argv: readonly string[],
  { stdout, language }: { readonly stdout: Pick<NodeJS.WritableStream, 'write'>; readonly language: Language },
): Promise<number> {
  const text = { type: 'string' } as const
  const { values } = parseArgs({
    args: [...argv],
    options: { month: text, programme: text, json: { type: 'boolean' }, csv: text },
  })
  const month = values.month ?? dayOf(clock.now()).slice(0, 7)
  if (!/^20\d{2}-(0[1-9]|1[0-2])$/.test(month)) throw new UserError('REPORT_MONTH_UNREADABLE', { text: month })
  const { programmes } = await reportChoices(db)
  const named = values.programme
  const programme = programmes.find(({ code, name }) => code === named || name === named)
  if (named !== undefined && programme === undefined) {
    throw new UserError('REPORT_PROGRAMME_UNKNOWN', { programme: named })
  }
  const search = { ...daysOfMonth(month), ...(programme === undefined ? {} : { programmeId: programme.id }) }
  const reports = new Reports({ db, clock })
  const [report, answers] = await Promise.all([reports.report(search), reports.answers({ ...search, by: 'all' })])
  if (values.csv !== undefined) await written(values.csv, csvFile(reportSheets(report, answers, language)))
  if (values.json) {
    stdout.write(`${JSON.stringify({ month, ...report, questionnaires: answers.questionnaires })}\n`)
  } else if (values.csv === undefined) {
    const all = language === 'zh' ? '全部' : 'All'
    const none = language === 'zh' ? '科室未知' : 'not known'
    for (const { name, ...line } of report.departments) stdout.write(lineText(name ?? none, line, language))
    stdout.write(lineText(all, report.all, language))
  }
  return 0
}

/** @throws UserError REPORT_FILE_UNWRITABLE */
async function written(file: string, parts: AsyncIterable<Buffer>): Promise<void> {
  try {
    await writeFile(file, parts)
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error && 'code' in error)) throw error
    throw new UserError('REPORT_FILE_UNWRITABLE', { file, reason: String(error.code) }, { cause: error })
  }
}

function lineText(name: string, { figures, rates }: ReportLine, language: Language): string {
  const share = (of: number | null) => (of === null ? '–' : `${(of * 100).toFixed(1)}%`)
  const { due, attempted, completed, failed, dialled, answered } = figures
  const said =
    language === 'zh'
      ? [
          `离院 ${figures.discharges}，不随访 ${figures.excluded}，应随访 ${due}`,
          `随访率 ${attempted}/${due} = ${share(rates.followUp)}`,
          `成功率 ${completed}/${due} = ${share(rates.success)}`,
          `失访率 ${failed}/${due} = ${share(rates.loss)}`,
          `接通率 ${answered}/${dialled} = ${share(rates.connected)}`,
        ]
      : [
          `${figures.discharges} discharges, ${figures.excluded} excluded, ${due} due`,
          `follow-up ${attempted}/${due} = ${share(rates.followUp)}`,
          `success ${completed}/${due} = ${share(rates.success)}`,
          `loss ${failed}/${due} = ${share(rates.loss)}`,
          `connected ${answered}/${dialled} = ${share(rates.connected)}`,
        ]
  return `${name}\n  ${said.join('\n  ')}\n`
}
