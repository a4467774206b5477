/** Valid messages of every protocol the softswitch speaks, to be made wrong. */
import { createHmac, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { frame } from '#softswitch/drachtio/frame.ts'
import { testSdp } from '../harness/drachtio.ts'
import { tortureMessages, tortureOver } from '../torture/rfc4475.ts'

const crlf = (lines: readonly string[]) => lines.join('\r\n')

/** A request as a telephone at this port sends it. */
function request(
  protocol: string,
  method: string,
  port: number,
  more: readonly string[] = [],
  body = '',
  dialog = { callId: 'fuzz@127.0.0.1', from: 'fuzz', to: '' },
): Buffer {
  return Buffer.from(
    crlf([
      `${method} sip:100@127.0.0.1 SIP/2.0`,
      `Via: SIP/2.0/${protocol} 127.0.0.1:${port};branch=z9hG4bKfuzz;rport`,
      'Max-Forwards: 70',
      `From: "Fuzz" <sip:fuzz@127.0.0.1:${port}>;tag=${dialog.from}`,
      `To: <sip:100@127.0.0.1>${dialog.to === '' ? '' : `;tag=${dialog.to}`}`,
      `Call-ID: ${dialog.callId}`,
      `CSeq: 7 ${method}`,
      ...more,
      `Content-Length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ]),
  )
}

const contact = (port: number) => `Contact: <sip:fuzz@127.0.0.1:${port}>`

/** Torture messages, and what telephones say every day. */
export function sipSamples(protocol: string, port: number): Buffer[] {
  const ask = (method: string, more: readonly string[] = [], body = '') => request(protocol, method, port, more, body)
  return [
    ...[...tortureMessages.keys()].map((name) => tortureOver(protocol, name)),
    ask('INVITE', [contact(port), 'Content-Type: application/sdp', 'Session-Expires: 90;refresher=uac'], testSdp),
    ask('REGISTER', [contact(port), 'Expires: 60', 'Authorization: Digest username="a", realm="b", nonce="c"']),
    ask('OPTIONS', ['Accept: application/sdp', 'Require: 100rel, timer']),
    ask('SUBSCRIBE', [contact(port), 'Event: presence', 'Expires: 3600']),
    ask('MESSAGE', ['Content-Type: text/plain'], '随访'),
    ...['ACK', 'BYE', 'CANCEL', 'PRACK', 'UPDATE', 'INFO', 'NOTIFY', 'PUBLISH'].map((method) => ask(method)),
    ask('REFER', [contact(port), 'Refer-To: <sip:200@127.0.0.1?Replaces=x%3Bto-tag%3Da>']),
    Buffer.from(crlf(['SIP/2.0 180 Ringing', `Via: SIP/2.0/${protocol} 127.0.0.1:${port};branch=z9hG4bKx`, '', ''])),
  ]
}

/** Inside a dialog that is up. */
export function dialogSamples(port: number, dialog: { callId: string; from: string; to: string }): Buffer[] {
  const ask = (method: string, more: readonly string[] = [], body = '') =>
    request('UDP', method, port, more, body, dialog)
  return [
    ask('INVITE', [contact(port), 'Content-Type: application/sdp'], testSdp),
    ask('UPDATE', [contact(port), 'Session-Expires: 90']),
    ask('INFO', ['Content-Type: application/dtmf-relay'], 'Signal=5\r\nDuration=160'),
    ask('NOTIFY', ['Subscription-State: active', 'Event: refer']),
    ask('ACK'),
  ]
}

/** Frames as drachtio-srf sends them. No address but loopback's stands in them. */
export function frameSamples(port: number): Buffer[] {
  const sip = (head: string, text: Buffer) => frame(`m1|sip|${head}`, text)
  const outside = (method: string) =>
    Buffer.from(
      crlf([`${method} sip:100@127.0.0.1:${port} SIP/2.0`, 'From: <sip:a@localhost>', 'X-Fuzz: 1', '', testSdp]),
    )
  return [
    ...['route|invite', 'remove_route|invite', 'ping', 'authenticate|wrong|tag', 'route|cdr:start'].map((text) =>
      frame(`m1|${text}`),
    ),
    ...['OPTIONS', 'INFO', 'MESSAGE', 'REGISTER', 'SUBSCRIBE'].map((method) => sip('||', outside(method))),
    sip('txn||', Buffer.from(crlf(['SIP/2.0 200 OK', 'To: <sip:a@127.0.0.1>;tag=1', 'CSeq: 1 INVITE', '', testSdp]))),
    sip('|fuzz@127.0.0.1;from-tag=fuzz|', Buffer.from(crlf(['BYE sip:placeholder SIP/2.0', '', '']))),
    sip('txn||', Buffer.from(crlf(['CANCEL sip:100@127.0.0.1 SIP/2.0', '', '']))),
    frame(`m1|proxy|txn|remainInDialog||followRedirects|serial|1s|2s|sip:1@127.0.0.1:${port}`, outside('INVITE')),
  ]
}

/** Commands as modesl and drachtio-fsmrf send them. */
export const eventSocketSamples: readonly Buffer[] = [
  'event json ALL',
  'event plain CHANNEL_CREATE CUSTOM conference::maintenance',
  'filter Unique-ID 00000000-0000-4000-8000-000000000000',
  'filter delete Unique-ID',
  'nixevent DTMF',
  'myevents 00000000-0000-4000-8000-000000000000 json',
  'linger 30',
  'api sofia status',
  'api show channels as json',
  'api status',
  'api create_uuid',
  'api uuid_dump 00000000-0000-4000-8000-000000000000 json',
  'api uuid_setvar_multi 00000000-0000-4000-8000-000000000000 a=1;b=2',
  'api uuid_broadcast 00000000-0000-4000-8000-000000000000 tone_stream://%(100,100,400) both',
  'api conference fuzz list',
  'api conference fuzz relate 1 2 nospeak',
  'api conference fuzz json_list',
  'bgapi version\nJob-UUID: 7',
  'sendevent CUSTOM\nEvent-Subclass: fuzz::x\nContent-Length: 5\n\nhello',
  'sendmsg 00000000-0000-4000-8000-000000000000\ncall-command: execute\nexecute-app-name: playback\nexecute-app-arg: x\nloops: 1',
  'getvar a',
].map((command) => Buffer.from(`${command}\n\n`))

/** Offers of telephones and browsers. */
export function offerSamples(port: number): Buffer[] {
  const fingerprint = [...randomBytes(32)].map((byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join(':')
  const law = [
    'a=rtpmap:8 PCMA/8000',
    'a=rtpmap:101 telephone-event/8000',
    'a=fmtp:101 0-15',
    'a=ptime:20',
    'a=sendrecv',
  ]
  const head = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0']
  return [
    testSdp,
    crlf([...head, `m=audio ${port} RTP/AVP 0 8 18 101`, ...law, `a=rtcp:${port + 1}`, 'm=video 0 RTP/AVP 31', '']),
    crlf([...head, `m=audio ${port} RTP/SAVP 8`, 'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x', '']),
    crlf([
      ...head,
      `m=audio ${port} RTP/SAVP 8 101`,
      ...law,
      `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${'A'.repeat(40)}|2^20`,
      `a=crypto:2 AES_CM_128_HMAC_SHA1_32 inline:${'B'.repeat(40)}`,
      '',
    ]),
    browserOffer(fingerprint),
  ].map((text) => Buffer.from(text))
}

export function browserOffer(fingerprint: string): string {
  return crlf([
    ...['v=0', 'o=- 4611731400430051336 2 IN IP4 127.0.0.1', 's=-', 't=0 0', 'a=group:BUNDLE 0'],
    'm=audio 9 UDP/TLS/RTP/SAVPF 8 126',
    ...['c=IN IP4 0.0.0.0', 'a=rtcp:9 IN IP4 0.0.0.0', 'a=ice-ufrag:fuzz', 'a=ice-pwd:fuzzfuzzfuzzfuzzfuzzfuzz'],
    ...[`a=fingerprint:sha-256 ${fingerprint}`, 'a=setup:actpass', 'a=mid:0', 'a=sendrecv', 'a=rtcp-mux'],
    ...['a=rtpmap:8 PCMA/8000', 'a=rtpmap:126 telephone-event/8000', 'a=ssrc:1 cname:fuzz', ''],
  ])
}

/** Sound, keys, and reports of RTCP. */
export const rtpSamples: readonly Buffer[] = [
  Buffer.concat([Buffer.from('80080001000000a0000000d5', 'hex'), Buffer.alloc(160, 0xd5)]),
  Buffer.from('80e50002000000a0000000d5058a0320', 'hex'),
  Buffer.from('b0080003000000a0000000d5bede000110ff0000d5d5d5d504', 'hex'),
  Buffer.from(
    '81c8000c00000001e0000000000000000000006400000002000000c8000000d500000000000000000000000000000000',
    'hex',
  ),
  Buffer.from(
    '81c900070000000100000002000000000000000000000000000000000000000081ca000200000001010466757a7a0000',
    'hex',
  ),
  Buffer.from('800d0004000000a0000000d540', 'hex'),
]

const cookie = Buffer.from('2112a442', 'hex')

/** A connectivity check that the far end believes (RFC 8445 §7.1): signed with its password. */
export function stunCheck(username: string, password: string): Buffer {
  const name = Buffer.from(username)
  const attributes = [
    attribute(0x0006, name),
    attribute(0x0024, Buffer.from('6e7f1eff', 'hex')),
    attribute(0x802a, randomBytes(8)),
    attribute(0x0025, Buffer.alloc(0)),
  ]
  const head = (length: number) => {
    const bytes = Buffer.concat([Buffer.from([0, 1, 0, 0]), cookie, Buffer.alloc(12, 7)])
    bytes.writeUInt16BE(length, 2)
    return bytes
  }
  const body = Buffer.concat(attributes)
  const mac = createHmac('sha1', password)
    .update(Buffer.concat([head(body.length + 24), body]))
    .digest()
  const signed = Buffer.concat([body, attribute(0x0008, mac)])
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE((crc32(Buffer.concat([head(signed.length + 8), signed])) ^ 0x5354554e) >>> 0)
  return Buffer.concat([head(signed.length + 8), signed, attribute(0x8028, sum)])
}

function attribute(type: number, value: Buffer): Buffer {
  const padded = Buffer.alloc(4 + Math.ceil(value.length / 4) * 4)
  padded.writeUInt16BE(type, 0)
  padded.writeUInt16BE(value.length, 2)
  value.copy(padded, 4)
  return padded
}

/** Records of DTLS 1.2 (RFC 6347 §4.1): hello of a server, request for a cookie, alert, change of cipher, data. */
export const dtlsSamples: readonly Buffer[] = [
  record(
    22,
    handshake(2, Buffer.concat([Buffer.from('fefd', 'hex'), Buffer.alloc(32, 3), Buffer.from('00c02b00', 'hex')])),
  ),
  record(22, handshake(3, Buffer.from('feff1000112233445566778899aabbccddeeff', 'hex'))),
  record(22, handshake(11, Buffer.concat([Buffer.from('000103000100', 'hex'), Buffer.alloc(256, 0x30)]))),
  record(21, Buffer.from('0228', 'hex')),
  record(20, Buffer.from([1])),
  record(23, Buffer.alloc(40, 9)),
  Buffer.concat([Buffer.from('80080001000000a0000000d5', 'hex'), Buffer.alloc(170, 1)]),
]

function record(type: number, content: Buffer): Buffer {
  const head = Buffer.from([type, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0])
  head.writeUInt16BE(content.length, 11)
  return Buffer.concat([head, content])
}

function handshake(type: number, body: Buffer): Buffer {
  const head = Buffer.from([type, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
  head.writeUInt16BE(body.length, 2)
  head.writeUInt16BE(body.length, 10)
  return Buffer.concat([head, body])
}

/** The way in and one masked frame, as a browser opens its telephone's connection (RFC 6455). */
export function webSocketBytes(port: number): Buffer {
  const text = sipSamples('WS', port).at(-1) ?? Buffer.alloc(0)
  const hello = crlf([
    'GET / HTTP/1.1',
    `Host: 127.0.0.1:${port}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Protocol: sip',
    '',
    '',
  ])
  return Buffer.concat([Buffer.from(hello), Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), text])
}
