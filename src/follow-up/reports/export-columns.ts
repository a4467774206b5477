import type { LocalText } from '#contact-center/ivr/flow-definition.ts'
import type { Language } from '#platform/http/language.ts'
import { maskName, maskRecordNumber, openedPhone } from '../live/person-mask.ts'
import { answerWords } from '../questionnaire/answer-words.ts'
import { scoreOf } from '../questionnaire/score.ts'
import type { AskedQuestion, AskedVersion } from './answers.ts'
import type { CallRecord, FormRecord } from './export-store.ts'
import type { AnswerReport, Report, ReportLine } from './report-schema.ts'
import { wordOf } from './report-words.ts'
import { type Sheet, type SheetCell, sheetOf } from './sheet.ts'

/** How people look in the file, and in which language its words are. */
export interface ExportLook {
  readonly clear: boolean
  readonly language: Language
  /** Opens a sealed number (E.164). */
  readonly decrypt: (sealed: Buffer) => string
}

type Column<Row> = readonly [title: LocalText, cell: (row: Row, look: ExportLook) => SheetCell]

const callColumns: readonly Column<CallRecord>[] = [
  [{ zh: '拨打编号', en: 'attempt id' }, ({ attemptId }) => attemptId],
  [{ zh: '通话编号', en: 'call id' }, ({ callId }) => callId],
  [{ zh: '任务编号', en: 'task id' }, ({ taskId }) => taskId],
  [{ zh: '随访方案', en: 'programme' }, ({ programme }) => programme],
  [{ zh: '科室', en: 'department' }, ({ department }) => department],
  [{ zh: '号码', en: 'number' }, ({ ciphertext }, { clear, decrypt }) => openedPhone(decrypt, ciphertext, { clear })],
  [{ zh: '开始', en: 'start' }, ({ startedAt }) => timeOf(startedAt)],
  [{ zh: '振铃', en: 'ring' }, ({ ringingAt }) => timeOf(ringingAt)],
  [{ zh: '接听', en: 'answer' }, ({ answeredAt }) => timeOf(answeredAt)],
  [{ zh: '坐席接入', en: 'agent joined' }, ({ bridgedAt }) => timeOf(bridgedAt)],
  [{ zh: '结束', en: 'end' }, ({ endedAt }) => timeOf(endedAt)],
  [{ zh: '通话秒数', en: 'talk seconds' }, ({ answeredAt, endedAt }) => secondsBetween(answeredAt, endedAt)],
  [{ zh: '状态', en: 'state' }, ({ state }) => state],
  [{ zh: '结果', en: 'result' }, ({ result }, { language }) => wordOf(result, language)],
  [{ zh: '结果代码', en: 'result code' }, ({ result }) => result],
  [
    { zh: '更正结果', en: 'corrected result' },
    ({ correctedResult }, { language }) => wordOf(correctedResult, language),
  ],
  [{ zh: '通话结论', en: 'outcome' }, ({ outcome }) => outcome],
  [{ zh: 'SIP 状态', en: 'SIP status' }, ({ sipStatus }) => sipStatus],
  [{ zh: 'SIP 原因', en: 'SIP reason' }, ({ sipReason }) => sipReason],
  [{ zh: 'Q.850', en: 'Q.850' }, ({ q850 }) => q850],
  [{ zh: '挂断方', en: 'hung up by' }, ({ hangupBy }, { language }) => wordOf(hangupBy, language)],
  [{ zh: '工号', en: 'agent number' }, ({ agentNo }) => agentNo],
  [{ zh: '坐席', en: 'agent' }, ({ agent }) => agent],
  [{ zh: '队列', en: 'queue' }, ({ queue }) => queue],
  [{ zh: '录音编号', en: 'recording id' }, ({ recordingId }) => recordingId],
  [{ zh: '录音状态', en: 'recording state' }, ({ recordingState }) => recordingState],
  [{ zh: '录音毫秒', en: 'recording ms' }, ({ recordingMs }) => recordingMs],
]

export function callSheet(parts: AsyncIterable<readonly CallRecord[]>, look: ExportLook): Sheet {
  return sheetBy(callColumns, parts, look, { zh: '话单', en: 'Calls' })
}

/** One row a form, one column a question; where versions ask it otherwise, a column each, the versions named. */
export function answerSheet(
  parts: AsyncIterable<readonly FormRecord[]>,
  versions: readonly AskedVersion[],
  questions: readonly AskedQuestion[],
  look: ExportLook,
): Sheet {
  const byId = new Map(versions.map((asked) => [asked.versionId, asked]))
  const columns: Column<FormRecord>[] = [
    [{ zh: '答卷编号', en: 'response id' }, ({ id }) => id],
    [{ zh: '任务编号', en: 'task id' }, ({ taskId }) => taskId],
    [{ zh: '拨打编号', en: 'attempt ids' }, ({ attemptIds }) => attemptIds.join(' ')],
    [{ zh: '随访方案', en: 'programme' }, ({ programme }) => programme],
    [{ zh: '科室', en: 'department' }, ({ department }) => department],
    [{ zh: '出院日期', en: 'discharged on' }, ({ day }) => day],
    [{ zh: '患者', en: 'patient' }, ({ name }, { clear }) => (clear ? name : maskName(name))],
    [
      { zh: '住院号', en: 'admission number' },
      ({ encounterNo }, { clear }) => (encounterNo === null || clear ? encounterNo : maskRecordNumber(encounterNo)),
    ],
    [{ zh: '答题人', en: 'respondent' }, ({ respondent }, { language }) => wordOf(respondent, language)],
    [
      { zh: '问卷', en: 'questionnaire' },
      ({ versionId }, { language }) => byId.get(versionId)?.definition.title[language] ?? null,
    ],
    [{ zh: '版本', en: 'version' }, ({ versionId }) => byId.get(versionId)?.version ?? null],
    [{ zh: '状态', en: 'state' }, ({ state }, { language }) => wordOf(state, language)],
    [{ zh: '开始', en: 'started' }, ({ startedAt }) => timeOf(startedAt)],
    [{ zh: '完成', en: 'completed' }, ({ completedAt }) => timeOf(completedAt)],
    [
      { zh: '得分', en: 'score' },
      ({ versionId, answers }) => {
        const asked = byId.get(versionId)
        return asked === undefined ? null : scoreOf(asked.definition, answers).score
      },
    ],
    ...questions.map(
      (asked): Column<FormRecord> => [titleOf(asked, questions), (row, look) => answerCell(asked, row, look)],
    ),
  ]
  return sheetBy(columns, parts, look, { zh: '答卷', en: 'Responses' })
}

function titleOf({ question, versions, questionnaireId }: AskedQuestion, all: readonly AskedQuestion[]): LocalText {
  const { text, id } = question
  const others = all.filter((one) => one.questionnaireId === questionnaireId && one.question.id === id)
  if (others.length < 2) return text
  const named = versions.map((version) => `v${version}`).join(' ')
  return { zh: `${text.zh}（${named}）`, en: `${text.en} (${named})` }
}

/** What somebody wrote in words may name anybody: masked, it says that there is something. */
function answerCell(
  { question, versionIds }: AskedQuestion,
  { versionId, answers }: FormRecord,
  { clear, language }: ExportLook,
): SheetCell {
  const value = answers[question.id]
  if (value === undefined || !versionIds.includes(versionId)) return null
  if (typeof value === 'number') return value
  if (!clear && (question.kind === 'text' || question.kind === 'clip'))
    return language === 'zh' ? '（有内容）' : '(written)'
  return answerWords(question, value)[language]
}

const figureColumns: readonly Column<ReportLine>[] = [
  [{ zh: '离院人数', en: 'discharges' }, ({ figures }) => figures.discharges],
  [{ zh: '不随访', en: 'excluded' }, ({ figures }) => figures.excluded],
  [{ zh: '应随访', en: 'due' }, ({ figures }) => figures.due],
  [{ zh: '已随访', en: 'attempted' }, ({ figures }) => figures.attempted],
  [{ zh: '完成', en: 'completed' }, ({ figures }) => figures.completed],
  [{ zh: '部分完成', en: 'partial' }, ({ figures }) => figures.partial],
  [{ zh: '拒绝', en: 'refused' }, ({ figures }) => figures.refused],
  [{ zh: '失访', en: 'failed' }, ({ figures }) => figures.failed],
  [{ zh: '过期', en: 'expired' }, ({ figures }) => figures.expired],
  [{ zh: '终止', en: 'stopped' }, ({ figures }) => figures.stopped],
  [{ zh: '随访中', en: 'under way' }, ({ figures }) => figures.underWay],
  [{ zh: '待随访', en: 'waiting' }, ({ figures }) => figures.waiting],
  [{ zh: '随访率% (已随访÷应随访)', en: 'follow-up % (attempted ÷ due)' }, ({ rates }) => percent(rates.followUp)],
  [{ zh: '成功率% (完成÷应随访)', en: 'success % (completed ÷ due)' }, ({ rates }) => percent(rates.success)],
  [
    { zh: '成功率% (完成÷已随访)', en: 'success % (completed ÷ attempted)' },
    ({ rates }) => percent(rates.successOfAttempted),
  ],
  [{ zh: '失访率% (失访÷应随访)', en: 'loss % (failed ÷ due)' }, ({ rates }) => percent(rates.loss)],
  [{ zh: '总任务', en: 'tasks' }, ({ figures }) => figures.tasks],
  [{ zh: '完成任务', en: 'tasks completed' }, ({ figures }) => figures.tasksCompleted],
  [{ zh: '拨打次数', en: 'calls dialled' }, ({ figures }) => figures.dialled],
  [{ zh: '接通次数', en: 'calls answered' }, ({ figures }) => figures.answered],
  [{ zh: '接通率% (接通÷拨打)', en: 'connected % (answered ÷ dialled)' }, ({ rates }) => percent(rates.connected)],
  [{ zh: '线路故障次数 (不计)', en: 'calls lost to congestion (not counted)' }, ({ figures }) => figures.congestion],
]

/** The report as tables: by department and in all, the reasons, the questions. */
export function reportSheets(report: Report, answers: AnswerReport, language: Language): readonly Sheet[] {
  const say = ({ zh, en }: LocalText) => (language === 'zh' ? zh : en)
  const all = say({ zh: '全部', en: 'All' })
  const look: ExportLook = { clear: false, language, decrypt: () => '' }
  const nowhere = say({ zh: '科室未知', en: 'department not known' })
  const lines = [
    ...report.departments.map(({ name, ...line }) => ({ name: name ?? nowhere, ...line })),
    { name: all, ...report.all },
  ]
  const reasons = lines.flatMap(({ name, figures }) =>
    (
      [
        [{ zh: '不随访', en: 'excluded' }, figures.excludedBy],
        [{ zh: '失访', en: 'failed' }, figures.failedBy],
        [{ zh: '终止', en: 'stopped' }, figures.stoppedBy],
      ] as const
    ).flatMap(([kind, by]) =>
      Object.entries(by).map(([code, count]) => [name, say(kind), wordOf(code, language), count]),
    ),
  )
  const questions = answers.questionnaires.flatMap(({ title, questions: asked }) =>
    asked.flatMap(({ text, versions, departments, ...whole }) =>
      [...departments, { name: all, ...whole }].map(
        ({ name, answered, valid, notApplicable, unscored, satisfied, score }) => [
          say(title),
          versions.map((version) => `v${version}`).join(' '),
          say(text),
          name ?? nowhere,
          answered,
          valid,
          notApplicable + unscored,
          percent(satisfied),
          score,
        ],
      ),
    ),
  )
  const department = { zh: '科室', en: 'department' }
  return [
    sheetOf(
      say({ zh: '汇总', en: 'Summary' }),
      [department, ...figureColumns.map(([title]) => title)].map(say),
      lines.map(({ name, ...line }) => [name, ...figureColumns.map(([, cell]) => cell(line, look))]),
    ),
    sheetOf(
      say({ zh: '原因', en: 'Reasons' }),
      [department, { zh: '类别', en: 'kind' }, { zh: '原因', en: 'reason' }, { zh: '人数', en: 'discharges' }].map(say),
      reasons,
    ),
    sheetOf(
      say({ zh: '题目', en: 'Questions' }),
      [
        { zh: '问卷', en: 'questionnaire' },
        { zh: '版本', en: 'versions' },
        { zh: '题目', en: 'question' },
        department,
        { zh: '答题数', en: 'answered' },
        { zh: '有效数', en: 'valid n' },
        { zh: '不适用/不知道', en: 'not applicable, do not know' },
        { zh: '满意率% (÷有效数)', en: 'satisfied % (÷ valid n)' },
        { zh: '满意度得分', en: 'score' },
      ].map(say),
      questions,
    ),
  ]
}

function sheetBy<Row>(
  columns: readonly Column<Row>[],
  parts: AsyncIterable<readonly Row[]>,
  look: ExportLook,
  name: LocalText,
): Sheet {
  const { language } = look
  const rows = async function* () {
    for await (const part of parts) yield part.map((row) => columns.map(([, cell]) => cell(row, look)))
  }
  return { name: name[language], header: columns.map(([title]) => title[language]), rows: rows() }
}

/** Hospital-local, as a spreadsheet reads it. */
function timeOf(at: Date | null): string | null {
  return at === null ? null : new Date(at.getTime() + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ')
}

function secondsBetween(from: Date | null, to: Date | null): number | null {
  return from === null || to === null ? null : Math.round((to.getTime() - from.getTime()) / 1000)
}

/** With one decimal (requirements §3: 99.2 %). */
function percent(share: number | null): number | null {
  return share === null ? null : Math.round(share * 1000) / 10
}
