import { expect, test } from 'vitest'
import { formatNameAddr, parseNameAddr, parseSipUri } from './sip-uri.ts'

test.each([
  ['sip:1000@127.0.0.1:5060;transport=udp', { user: '1000', host: '127.0.0.1', port: 5060 }],
  ['sips:host.example.com', { scheme: 'sips', user: undefined, host: 'host.example.com', port: undefined }],
  ['sip:u@[::1]:5070', { host: '::1', port: 5070 }],
  ['sip:a;b?c@h.example', { user: 'a;b?c', host: 'h.example' }],
])('%s', (text, parts) => {
  expect(parseSipUri(text)).toMatchObject(parts)
})

test.each([
  'sip:',
  'sip:@h',
  'sip:u@',
  'sip:u@h:99999',
  'sip:u@h:0',
  'sip:u@ho st',
  'http://h',
  'sip:<u@h>',
  'sip:u@h;;a',
])('%s is no SIP URI', (text) => {
  expect(parseSipUri(text)).toBeUndefined()
})

test('parameters behind a bare URI belong to the header', () => {
  expect(parseNameAddr('sip:a@h;tag=1')).toEqual({
    displayName: undefined,
    uri: 'sip:a@h',
    params: new Map([['tag', '1']]),
  })
})

test('parameters inside the brackets belong to the URI', () => {
  expect(parseNameAddr('<sip:a@h;tag=1>')).toMatchObject({ uri: 'sip:a@h;tag=1', params: new Map() })
})

test('a quoted name comes out as it went in', () => {
  const text = formatNameAddr({ displayName: 'say "hi" \\ bye', uri: 'sip:a@h', tag: 't' })
  expect(parseNameAddr(text)).toMatchObject({ displayName: 'say "hi" \\ bye' })
})

test.each(['"open <sip:a@h>', 'a@b <sip:a@h>', '<sip:a@h> x', '<sip:a@h', 'sip:a@h?x=y', '"a" "b" <sip:a@h>', ''])(
  '%s is no address',
  (text) => {
    expect(parseNameAddr(text)).toBeUndefined()
  },
)
