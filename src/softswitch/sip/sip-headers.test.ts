import { expect, test } from 'vitest'
import { SipHeaders, splitList } from './sip-headers.ts'

test('a compact name and its long form are one header', () => {
  const headers = new SipHeaders([['i', 'x']])
  expect(headers.get('Call-ID')).toBe('x')
  expect([...headers]).toEqual([['Call-ID', 'x']])
})

test('set keeps the place of the first line and drops the others', () => {
  const headers = new SipHeaders([
    ['Route', 'a'],
    ['To', 't'],
    ['route', 'b'],
  ])
  headers.set('ROUTE', 'c')
  expect([...headers]).toEqual([
    ['Route', 'c'],
    ['To', 't'],
  ])
})

test('a stranger keeps its spelling', () => {
  expect([...new SipHeaders([['X-esl-outbound', '1']])]).toEqual([['X-esl-outbound', '1']])
})

test('commas in quotes and brackets separate nothing', () => {
  expect(splitList('"a,b" <sip:x,y@h>, <sip:z@h>;q="1,2"')).toEqual(['"a,b" <sip:x,y@h>', '<sip:z@h>;q="1,2"'])
})
