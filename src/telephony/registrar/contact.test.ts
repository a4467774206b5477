import { expect, test } from 'vitest'
import { contactUri, readContacts } from './contact.ts'

test.each([
  ['<sip:8001@10.1.2.3:5062>', 'sip:8001@10.1.2.3:5062', null],
  ['"Desk <1>, left" <sip:8001@10.1.2.3;transport=tcp>;expires=90;q=0.5', 'sip:8001@10.1.2.3;transport=tcp', 90],
  ['sip:8001@10.1.2.3;expires=60', 'sip:8001@10.1.2.3', 60],
  ['<sip:8001@[2001:db8::1]:5060>;Expires="3600"', 'sip:8001@[2001:db8::1]:5060', 3_600],
  ['<sip:a1b2@x7.invalid;transport=ws>', 'sip:a1b2@x7.invalid;transport=ws', null],
])('%s is read', (header, uri, expiresSeconds) => {
  expect(readContacts(header)).toEqual([{ uri, expiresSeconds }])
  expect(contactUri(uri)).toBe(uri)
})

test('several contacts are told apart, and the star is itself', () => {
  expect(readContacts('<sip:1@a>, "x, y" <sip:2@b>;expires=5')).toEqual([
    { uri: 'sip:1@a', expiresSeconds: null },
    { uri: 'sip:2@b', expiresSeconds: 5 },
  ])
  expect(readContacts(' * ')).toBe('*')
})

test.each(['', '<sip:1@a', '<sip:1@a>;expires=soon', '<>', 'sip:1@a b'])('%s is no contact', (header) => {
  expect(readContacts(header)).toBeNull()
})

test.each([
  'sips:8001@10.1.2.3',
  'tel:8001',
  'sip:10.1.2.3',
  'sip:8001:secret@10.1.2.3',
  'sip:8001@10.1.2.3?Route=%3Csip:evil%3E',
  'sip:8001@10.1.2.3:0',
  'sip:8001@10.1.2.3:70000',
  'sip:8001@0.0.0.0',
  'sip:8001@255.255.255.255',
  'sip:8001@239.1.2.3',
  'sip:8001@10.1.2.3;transport=sctp',
  'sip:8001@10.1.2.3>\r\nX: y',
  'sip:8001@10.1.2.3 x',
  `sip:8001@${'a'.repeat(300)}`,
])('%s is not called', (uri) => {
  expect(contactUri(uri)).toBeNull()
})
