import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Cell } from './cell.ts'
import { listTimeText, readDateCell } from './date-cell.ts'

function told(cell: Cell): string {
  const read = readDateCell(cell)
  return read.kind === 'time' ? listTimeText(read.value) : read.kind === 'clock' ? read.time : read.kind
}

describe('a date cell', () => {
  it.each([
    ['2026-10-22 16:51', '2026-10-22T16:51'],
    ['2026-10-22 16:51:09', '2026-10-22T16:51'],
    ['2026-10-22 16:51:09.000', '2026-10-22T16:51'],
    ['2026/10/5 4:53', '2026-10-05T04:53'],
    ['202610221651', '2026-10-22T16:51'],
    ['20261022165109', '2026-10-22T16:51'],
    ['20261022 16:51', '2026-10-22T16:51'],
    ['2026年10月22日16时51分', '2026-10-22T16:51'],
    ['2026年10月22日 下午4时51分', '2026-10-22T16:51'],
    ['2026年10月22日下午4点', '2026-10-22T16:00'],
    ['2026-10-22 4:51 PM', '2026-10-22T16:51'],
    ['2026.10.22 16:51', '2026-10-22T16:51'],
    ['2026-10-22T16:51:00+08:00', '2026-10-22T16:51'],
    ['2026-10-22T18:51:00Z', '2026-10-23T02:51'],
    ['２０２６－１０－２２　１６：５１', '2026-10-22T16:51'],
    ['2026-10-22 24:00', '2026-10-23T00:00'],
    ["'2026-10-22", '2026-10-22'],
    ['2026-10-22', '2026-10-22'],
    ['20261022', '2026-10-22'],
    ['2026年10月22日', '2026-10-22'],
    ['22/10/2026', '2026-10-22'],
    ['10/22/2026 16:51', '2026-10-22T16:51'],
    ['46317.70208333', '2026-10-22T16:51'],
    ['46317', '2026-10-22'],
    ['16:51', '16:51'],
  ])('%j is %s', (text, time) => {
    expect(told(text)).toBe(time)
  })

  it.each([
    '2026-13-45',
    '2026-02-29',
    '202613451651',
    '10/11/2026',
    '2026-10-22 25:10',
    '昨天',
    '1026-10-22',
    '0206-10-12',
  ])('%j is unreadable', (text) => {
    expect(told(text)).toBe('unreadable')
  })

  it.each(['', '无', '-', '未出院', '在院', 'NULL'])('%j says that there is none', (text) => {
    expect(told(text)).toBe('none')
  })

  it('rounds a day number to the minute', () => {
    expect(told({ kind: 'number', value: 46293.36666667, format: 'datetime' })).toBe('2026-09-28T08:48')
  })

  it('of a day without hour in its format stays a day', () => {
    expect(told({ kind: 'number', value: 15975, format: 'date' })).toBe('1943-09-26')
  })

  it('of a format with an hour says midnight', () => {
    expect(told({ kind: 'number', value: 46293, format: 'datetime' })).toBe('2026-09-28T00:00')
  })

  it('counts from 1904 where the workbook does', () => {
    expect(told({ kind: 'number', value: 46293 - 1462, format: 'date', date1904: true })).toBe('2026-09-28')
  })

  it('reads digits that a sheet stored as a number', () => {
    expect(told({ kind: 'number', value: 202610221651, format: 'general' })).toBe('2026-10-22T16:51')
    expect(told({ kind: 'number', value: 20261022, format: 'general' })).toBe('2026-10-22')
  })

  it('says the same of one moment in all its forms', () => {
    const moments = fc.date({ min: new Date('1930-01-01'), max: new Date('2099-12-31'), noInvalidDate: true })
    fc.assert(
      fc.property(moments, (moment) => {
        const iso = moment.toISOString()
        const expected = iso.slice(0, 16)
        const [date, time] = [iso.slice(0, 10), iso.slice(11, 16)]
        const serial = 25_569 + Math.floor(moment.getTime() / 60_000) / 1440
        const forms: Cell[] = [
          `${date} ${time}`,
          `${date.replaceAll('-', '/')} ${time}`,
          `${date.replaceAll('-', '')}${time.replace(':', '')}`,
          { kind: 'number', value: serial, format: 'datetime' },
        ]
        for (const form of forms) expect(told(form)).toBe(expected)
      }),
    )
  })

  it('never invents a day that does not exist', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 99_999_999 }), (digits) => {
        const text = String(digits).padStart(8, '0')
        const read = told(text)
        if (read !== 'unreadable' && read !== 'none') expect(read.replaceAll('-', '')).toBe(text)
      }),
    )
  })
})
