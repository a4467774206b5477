/** What the server tells clients, laid out as drachtio-srf reads it: by the position of each field. */
import { randomUUID } from 'node:crypto'
import type { Hop, SipProtocol } from '#softswitch/sip/transport.ts'
import { frame } from './frame.ts'

/** The group every SIP message is told with: who sent it, its size, and where it came from or went. */
export interface MessageMeta {
  readonly source: 'network' | 'application'
  readonly peer: Hop
}

function metaFields(meta: MessageMeta, message: Buffer): string {
  const { source, peer } = meta
  const fields = [source, message.length, toldProtocol(peer.protocol), peer.address, peer.port, timeOfDay(new Date())]
  return fields.join('|')
}

/** WebSockets are told as TCP, as by the real server: only the Via tells them apart. */
function toldProtocol(protocol: SipProtocol = 'udp'): string {
  return protocol === 'udp' || protocol === 'tls' ? protocol : 'tcp'
}

/** `HH:MM:SS.uuuuuu`, UTC as the real server has it. */
function timeOfDay(now: Date): string {
  return `${now.toISOString().slice(11, 23)}000`
}

/** A request from the network that belongs to no dialog. `receivedOn` is left out for a CANCEL that came early. */
export function newRequestFrame(meta: MessageMeta, transactionId: string, message: Buffer, receivedOn?: Hop): Buffer {
  const dest = receivedOn === undefined ? '' : `${receivedOn.address}|${receivedOn.port}|`
  return frame(`${randomUUID()}|sip|${metaFields(meta, message)}|${transactionId}||${dest}`, message)
}

/** A request inside a dialog, ACK, CANCEL, and every response. */
export function dialogFrame(meta: MessageMeta, transactionId: string, dialogId: string, message: Buffer): Buffer {
  return frame(`${randomUUID()}|sip|${metaFields(meta, message)}|${transactionId}|${dialogId}|`, message)
}

export function requestSentFrame(msgId: string, meta: MessageMeta, transactionId: string, message: Buffer): Buffer {
  const head = `${randomUUID()}|response|${msgId}|OK|${metaFields(meta, message)}|${transactionId}|Msg sent:|`
  return frame(head, message)
}

export function responseSentFrame(
  msgId: string,
  meta: MessageMeta,
  transactionId: string,
  dialogId: string,
  message: Buffer,
): Buffer {
  const fields = metaFields(meta, message)
  return frame(`${randomUUID()}|response|${msgId}|OK|${fields}|${transactionId}|${dialogId}||Msg sent:|`, message)
}

/** A final answer that a target gave to a proxied request; more follows. */
export function proxyAnswerFrame(msgId: string, meta: MessageMeta, message: Buffer): Buffer {
  return frame(`${randomUUID()}|response|${msgId}|OK|${metaFields(meta, message)}|||continue`, message)
}

export function okFrame(msgId: string, ...fields: string[]): Buffer {
  return frame([randomUUID(), 'response', msgId, 'OK', ...fields].join('|'))
}

/** What became of a call: `cdr:…`. */
export function recordFrame(kind: string, source: string, message: Buffer, last: string | undefined): Buffer {
  const fields = [randomUUID(), kind, source, timeOfDay(new Date()), ...(last === undefined ? [] : [last])]
  return frame(fields.join('|'), message)
}

/** A command that failed; the connection stays. */
export function nokFrame(msgId: string, reason: string): Buffer {
  return frame(`${randomUUID()}|response|${msgId}|NOK|${reason}`)
}

/** A command that could not be read; the connection ends. */
export function noFrame(msgId: string, reason: string): Buffer {
  return frame(`${randomUUID()}|response|${msgId}|NO|${reason}`)
}
