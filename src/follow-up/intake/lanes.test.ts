import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ListEntry } from './discharge-list.ts'
import type { DischargeRow } from './discharge-row.ts'
import { lanesOf } from './lanes.ts'

interface Known {
  readonly no: string
  readonly id?: string
  readonly name: string
  readonly birthDate: string | null
}

function entry(line: number, { no, id, name, birthDate }: Known): ListEntry {
  const row: DischargeRow = {
    admissionNo: no,
    patientNo: null,
    name,
    isNewborn: false,
    sex: null,
    birthDate,
    idNumber: id === undefined ? null : { kind: 'resident', value: id },
    phones: [],
    contacts: [],
    department: null,
    ward: null,
    doctor: null,
    admittedAt: null,
    dischargedAt: { date: '2026-10-22', time: null },
    diagnoses: [],
    procedure: null,
    leaveMode: null,
    payer: null,
    site: null,
  }
  return { at: { line }, verdict: 'good', row, warnings: [] }
}

const letter = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f')
const lists = fc
  .array(
    fc.record({ no: letter, id: letter, name: letter, birthDate: fc.constantFrom(null, '1960-01-01', '1961-01-01') }),
    {
      maxLength: 12,
    },
  )
  .map((rows) => rows.map((row, index) => entry(index, row)))

function keys(one: ListEntry): string[] {
  if (one.verdict !== 'good') return []
  const { admissionNo, idNumber, name, birthDate } = one.row
  return [`no ${admissionNo}`, `id ${idNumber?.value}`, ...(birthDate ? [`${name} ${birthDate}`] : [])]
}

describe('lanes', () => {
  it('hold every row once, each lane in the list’s order of one person', () => {
    fc.assert(
      fc.property(lists, (list) => {
        const lanes = lanesOf(list, 2)
        expect(new Set(lanes.flat())).toEqual(new Set(list))
        expect(lanes.flat()).toHaveLength(list.length)
        for (const key of new Set(list.flatMap(keys))) {
          const holding = lanes
            .map((lane) => lane.filter((one) => keys(one).includes(key)))
            .filter(({ length }) => length > 0)
          expect(holding).toHaveLength(1)
          expect(holding[0]).toEqual(list.filter((one) => keys(one).includes(key)))
        }
      }),
    )
  })

  it('are about equally long where people have one row each', () => {
    const list = Array.from({ length: 101 }, (_, i) => entry(i, { no: `n${i}`, name: `p${i}`, birthDate: null }))
    expect(lanesOf(list, 2).map(({ length }) => length)).toEqual([51, 50])
  })
})
