import { expect, it } from 'vitest'
import { checkReason, holdsNumberOfPerson } from './reason.ts'

it.each([
  '患者 13800138000 来电',
  '138 0013 8000',
  '138-0013-8000 要求',
  '１３８００１３８０００',
  '+86 13800138000',
  '008613800138000',
  '86-138-0013-8000',
  '座机0752-2288288',
  '(0752) 2288288',
  '020 12345678',
  '+852 2345 6789',
  '441302199001011234',
  '44130219900101123X，投诉',
  '44130219900101123x',
  '441302900101123',
  '致电13800138000。',
])('%s holds a number of somebody', (text) => {
  expect(holdsNumberOfPerson(text)).toBe(true)
  expect(() => checkReason(text)).toThrow(expect.objectContaining({ code: 'REASON_HOLDS_NUMBER' }))
})

it.each([
  '合同 2026-11',
  '投诉 2026-17，2026-11-22 08:30-11:30',
  '工单 202611220001',
  '20261122',
  '例会纪要第 12 号',
  '10086 的回复',
  '金额 1,234,567.89',
  '400 天',
  '住院号 00123456',
  '版本 1.13.8',
])('%s holds none', (text) => {
  expect(holdsNumberOfPerson(text)).toBe(false)
})
