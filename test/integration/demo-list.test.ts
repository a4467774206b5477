import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { behaviourOf } from '../../src/carrier/behaviours.ts'
import { demoDepartments, demoList } from '../../src/follow-up/demo/demo-list.ts'
import { columnWords } from '../../src/follow-up/intake/column-words.ts'
import { judgeList } from '../../src/follow-up/intake/discharge-list.ts'
import { readListFile } from '../../src/follow-up/intake/list-file.ts'

const list = demoList({ rows: 200, dischargedOn: '2026-11-13', seed: 1 })
const words = columnWords()
const file = await readListFile(Buffer.from(list), { words })
const { entries } = judgeList(file, { words, today: '2026-11-20' })
const rows = entries.flatMap((entry) => (entry.verdict === 'good' ? [entry.row] : []))

describe('the demo list', () => {
  it('is the same for the same seed and day, and another for another', () => {
    expect(demoList({ rows: 200, dischargedOn: '2026-11-13', seed: 1 })).toBe(list)
    expect(demoList({ rows: 200, dischargedOn: '2026-11-13', seed: 2 })).not.toBe(list)
  })

  it('has 200 patients who can all be called, discharged on the day', () => {
    expect(rows).toHaveLength(200)
    expect(new Set(rows.map(({ dischargedAt }) => dischargedAt.date))).toEqual(new Set(['2026-11-13']))
    expect(new Set(rows.map(({ admissionNo }) => admissionNo)).size).toBe(200)
  })

  it('has nothing odd in any row', () => {
    expect(entries.flatMap((entry) => ('warnings' in entry ? entry.warnings : []))).toEqual(
      rows.filter(({ leaveMode }) => leaveMode === '4').map(() => 'left_against_advice'),
    )
  })

  it('dials nobody but the simulated carrier', () => {
    const numbers = rows.flatMap((row) => [...row.phones, ...row.contacts.flatMap(({ phones }) => phones)])
    expect(numbers.every(({ number }) => /^1990000[89]\d{3}$/.test(number))).toBe(true)
    expect(new Set(numbers.map(({ number }) => number)).size).toBe(400)
  })

  it('has some 70 % of patients who complete the survey', () => {
    const completing = ['satisfied', 'mixed', 'talker', 'proxy', 'clumsy', 'early']
    const share =
      rows.filter(({ phones }) => completing.includes(behaviourOf(phones[0]?.number ?? '').name)).length / 200
    expect(share).toBeCloseTo(0.71, 2)
  })

  it('names departments of the catalogue', () => {
    const catalogue = readFileSync(new URL('../../src/follow-up/demo/departments.csv', import.meta.url), 'utf8')
    for (const [code, name] of Object.entries(demoDepartments)) {
      const entry = catalogue.split('\n').find((line) => line.startsWith(`${code},`))
      expect(entry?.split(',')[1]?.replace(/专业$/, '')).toContain(name.replace(/科$/, '').slice(0, 2))
    }
    expect(new Set(rows.map(({ department }) => department))).toEqual(new Set(Object.values(demoDepartments)))
  })
})
