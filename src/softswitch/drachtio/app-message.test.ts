import { expect, test } from 'vitest'
import {
  addressHeader,
  contentType,
  outgoingHeaders,
  parseAppMessage,
  statusLine,
  withoutLocalhost,
} from './app-message.ts'
import { parseClientCommand } from './client-command.ts'

test('what only the server may set is dropped, the rest goes out in one spelling', () => {
  const message = parseAppMessage(
    'INVITE sip:1@h SIP/2.0\r\nvia: x\r\nRoute: y\r\nrecord-route: z\r\nrseq: 1\r\ncontent-length: 9\r\nx-esl-outbound: a\r\nuser-agent: b\r\np-custom: c\r\n\r\n',
  )
  expect(outgoingHeaders(message, 'h:1')).toEqual({ 'x-esl-outbound': ['a'], 'User-Agent': ['b'], 'P-Custom': ['c'] })
})

test('lines that are no headers are left out, whatever they try to smuggle in', () => {
  const message = parseAppMessage(
    'INVITE sip:1@h SIP/2.0\r\nno colon\r\nbad name: x\r\nX-A: 1\nVia: smuggled\r\n\r\nbody',
  )
  expect(outgoingHeaders(message, 'h:1')).toEqual({ 'X-A': ['1'] })
  expect(message.body).toBe('body')
})

test.each([
  ['<sip:4001@localhost>', '<sip:4001@10.0.0.1:5060>'],
  ['sip:4001@localhost:5080;transport=udp', 'sip:4001@10.0.0.1:5060;transport=udp'],
  ['"x" <sip:localhost>', '"x" <sip:10.0.0.1:5060>'],
  ['sip:localhost@host', 'sip:localhost@host'],
  ['sip:a@localhost.example.com', 'sip:a@localhost.example.com'],
])('localhost in %s is the server', (value, expected) => {
  expect(withoutLocalhost(value, '10.0.0.1:5060')).toBe(expected)
})

test.each([
  ['sip:a@h', '<sip:a@h>;tag=t'],
  ['sip:a@h;tag=old', '<sip:a@h>;tag=old'],
  ['"N" <sip:a@h>;tag=old', '"N" <sip:a@h>;tag=old'],
  ['"N" <sip:a@h>', '"N" <sip:a@h>;tag=t'],
])('From %s', (value, expected) => {
  expect(addressHeader(value, 't')).toBe(expected)
})

test.each(['', 'sip:', '<sip:a@h', 'sip:a b@h'])('From %j is refused', (value) => {
  expect(addressHeader(value, 't')).toBeUndefined()
})

test.each([
  ['', ''],
  ['v=0\r\n', 'application/sdp'],
  ['hello', undefined],
])('a body of %j without Content-Type is %j', (body, type) => {
  expect(contentType(parseAppMessage(`INFO sip:1@h SIP/2.0\r\n\r\n${body}`))).toBe(type)
})

test.each(['SIP/2.0 99 x', 'SIP/2.0 700 x', 'SIP/2.0 abc', 'SIP/3.0 200 OK', 'SIP/2.0'])('%s is no status', (line) => {
  expect(statusLine(line)).toBeUndefined()
})

test.each([
  ['m|sip|t', 'Invalid message format'],
  ['m|sip||d', 'Invalid message format'],
  ['m', 'Invalid message format'],
  ['', 'Invalid message format'],
  ['m|route', 'Invalid message format'],
  ['m|proxy|t|x', 'Invalid proxy request: not enough information provided'],
  ['m|nonsense', 'Unknown message type'],
])('the command %j is refused as "%s"', (payload, reason) => {
  expect(parseClientCommand(payload)).toMatchObject({ kind: 'invalid', reason })
})
