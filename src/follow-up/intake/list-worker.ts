/** The thread behind {@link readListInThread}: reads a stranger's list, judges its rows, answers in bites. */
import { parentPort, workerData } from 'node:worker_threads'
import { UserError } from '#platform/errors/errors.ts'
import { columnWords } from './column-words.ts'
import { judgeList } from './discharge-list.ts'
import { readListFile } from './list-file.ts'
import type { ListAnswer, ListTask } from './list-thread.ts'

/** So many rows are unpacked by the other side in a few milliseconds. */
const BITE = 250

const task: ListTask = workerData
const say = (answer: ListAnswer) => parentPort?.postMessage(answer)

try {
  const { bytes, today, areaCode, sheet, limits } = task
  const words = columnWords(task.words)
  const list = await readListFile(bytes, { words, limits, ...(sheet === undefined ? {} : { sheet }) })
  const { entries } = judgeList(list, { words, today, ...(areaCode === undefined ? {} : { areaCode }) })
  for (let at = 0; at < entries.length; at += BITE) say({ type: 'entries', entries: entries.slice(at, at + BITE) })
  const { format, encoding, separator, otherSheets } = list
  say({ type: 'done', file: { format, encoding, separator, sheet: list.sheet, otherSheets } })
} catch (error) {
  if (!(error instanceof UserError)) throw error
  say({ type: 'refused', code: error.code, params: error.params })
}
