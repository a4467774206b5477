import { describe, expect, it } from 'vitest'
import { READ_LIMITS } from './list-file.ts'
import { type ListTask, readListInThread } from './list-thread.ts'

const text = (rows: number) =>
  `住院号,姓名,电话,出院时间\n${Array.from({ length: rows }, (_, i) => `ZY${1000 + i},张三,19900000001,2026-10-22`).join('\n')}`
const task = (content: string, more: Partial<ListTask> = {}): ListTask => ({
  bytes: Buffer.from(content),
  words: {},
  today: '2026-11-20',
  limits: READ_LIMITS,
  ...more,
})

describe('a list read in a thread', () => {
  it('comes back whole and in order', async () => {
    const { file, entries } = await readListInThread(task(text(1_100)))
    expect(file).toEqual({ format: 'text', encoding: 'UTF-8', separator: ',', sheet: null, otherSheets: [] })
    expect(entries.map(({ at }) => at)).toEqual(Array.from({ length: 1_100 }, (_, i) => ({ line: i + 2 })))
  })

  it('is read with the hospital’s words and area code', async () => {
    const content = text(1).replace('出院时间', '离科时点').replace('19900000001', '2288288')
    const { entries } = await readListInThread(
      task(content, { words: { dischargedAt: ['离科时点'] }, areaCode: '0752' }),
    )
    expect(entries).toMatchObject([{ verdict: 'good', row: { phones: [{ number: '07522288288' }] } }])
  })

  it('is refused with the code and its parameters', async () => {
    await expect(readListInThread(task('住院号,姓名,电话\nZY1001,张三,19900000001'))).rejects.toMatchObject({
      code: 'IMPORT_HEADER_MISSING',
      kind: 'user',
      params: { column: ['出院时间'] },
    })
  })

  it('is given up when it takes too long', async () => {
    const limits = { ...READ_LIMITS, readMs: 1 }
    await expect(readListInThread(task(text(10), { limits }))).rejects.toMatchObject({ code: 'IMPORT_SHEET_TOO_SLOW' })
  })
})
