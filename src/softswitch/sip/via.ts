/** One Via value (RFC 3261 §20.42, RFC 3581). */
import { remembering } from './remembering.ts'
import { hostText, parseHostPort, parseParams, type SipParams } from './sip-uri.ts'

export interface Via {
  /** Upper case: UDP, TCP, TLS, WS… */
  readonly transport: string
  readonly host: string
  readonly port: number | undefined
  readonly params: SipParams
}

/** Every branch made by this side begins so; a branch of just these letters is not unique and is not believed. */
export const branchCookie = 'z9hG4bK'

export const parseVia = remembering(readVia)

function readVia(value: string): Via | undefined {
  const text = value.trim()
  const semicolon = text.indexOf(';')
  const main = semicolon < 0 ? text : text.slice(0, semicolon)
  const match = /^SIP\s*\/\s*2\.0\s*\/\s*([\w\-.!%*+`'~]+)\s+(\S.*)$/is.exec(main)
  if (match === null) return undefined
  const sentBy = parseHostPort((match[2] ?? '').replace(/\s/g, ''))
  const params = parseParams(semicolon < 0 ? '' : text.slice(semicolon))
  if (sentBy === undefined || params === undefined) return undefined
  return { transport: (match[1] ?? '').toUpperCase(), host: sentBy.host, port: sentBy.port, params }
}

/** What an answer to a malformed request needs of its Via: transport, sent-by and, where it can be read, the branch. */
export function looseVia(value: string): Via | undefined {
  const match = /^SIP\s*\/\s*\d+\.\d+\s*\/\s*([\w\-.!%*+`'~]+)\s+([^\s;,]+)/i.exec(value.trim())
  const branch = /;\s*branch\s*=\s*([\w\-.!%*+`'~]+)/i.exec(value)?.[1]
  return match === null
    ? undefined
    : parseVia(`SIP/2.0/${match[1]} ${match[2]}${branch === undefined ? '' : `;branch=${branch}`}`)
}

export function formatVia(via: Via): string {
  const port = via.port === undefined ? '' : `:${via.port}`
  const params = [...via.params].map(([name, value]) => (value === '' ? `;${name}` : `;${name}=${value}`)).join('')
  return `SIP/2.0/${via.transport} ${hostText(via.host)}${port}${params}`
}

/** Sent-by as it takes part in transaction matching: host and port in one comparable text. */
export function sentBy(via: Via): string {
  return `${via.host.toLowerCase()}:${via.port ?? 5060}`
}
