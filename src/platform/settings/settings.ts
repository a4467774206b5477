import { join, resolve } from 'node:path'
import Type, { type Static } from 'typebox'
import Value from 'typebox/value'
import { UserError } from '../errors/errors.ts'
import '../errors/platform-errors.ts'
import { isFailpoint } from '../failpoint.ts'
import { type Proxies, readProxies } from '../http/proxies.ts'

/**
 * What a process is told from outside, by its environment alone. Everything a hospital decides (windows, caps,
 * retries) is no process setting: see hospital-settings.ts.
 */
export interface Settings {
  /** HTTP port of console and API; 0 takes a free one. */
  readonly port: number
  /** SIP port of the embedded softswitch, where desk phones register; 0 takes a free one. */
  readonly sipPort: number
  /** Address that HTTP and the embedded softswitch bind to. */
  readonly bind: string
  /** Absolute path of the data folder. */
  readonly dataDir: string
  /** `now()` and SQL's `app_now()` stand still here; null: they run. */
  readonly now: Date | null
  /** 32 bytes that replace the key file; null: the file in the data folder. */
  readonly key: Buffer | null
  /** Null: the embedded Postgres. */
  readonly database: { readonly url: string; readonly ownerUrl: string } | null
  /** Whether an empty hospital is filled with the demo's patients at its first start. */
  readonly demo: boolean
  /** Null: the embedded softswitch. */
  readonly switches: { readonly drachtio: ServerAddress; readonly freeswitch: readonly ServerAddress[] } | null
  /** PEM files for HTTPS; null: one of our own where it is needed (http/certificate.ts). */
  readonly tls: { readonly certFile: string; readonly keyFile: string } | null
  /** `auto`: where others than this machine reach the console; `always`: on loopback too; `no`: TLS of somebody else's stands before it. */
  readonly https: 'auto' | 'always' | 'no'
  /** Reverse proxies whose word about who asks, and how, is believed: null: none. */
  readonly proxies: Proxies | null
  /** Where drachtio takes SIP over WebSockets; null: where the embedded softswitch does. */
  readonly sipWs: { readonly host: string; readonly port: number } | null
  readonly logLevel: string
  /** Where log lines go: a file, or `-` for stdout. */
  readonly logFile: string
}

export interface ServerAddress {
  readonly host: string
  readonly port: number
  /** Shared secret of the control connection. */
  readonly secret: string
}

const port = (otherwise: number) =>
  Type.Integer({ minimum: 0, maximum: 65_535, default: otherwise, title: 'a port, 0 to 65535' })
const text = (title: string) => Type.Optional(Type.String({ minLength: 1, title }))
const postgresUrl = () =>
  Type.Optional(
    Type.String({
      pattern: '^postgres(ql)?://',
      title: 'an address such as postgres://user:password@host:5432/suifang',
    }),
  )

/** One line a variable: what it may be, and what it is when absent. `title` is what an error tells the reader. */
const environmentSchema = Type.Object({
  PORT: port(8080),
  SUIFANG_SIP_PORT: port(0),
  SUIFANG_BIND: Type.String({ minLength: 1, default: '127.0.0.1', title: 'an address to listen on' }),
  SUIFANG_DATA: Type.String({ minLength: 1, default: './data', title: 'a folder' }),
  SUIFANG_DEMO: Type.Union([Type.Literal('yes'), Type.Literal('no')], { default: 'yes', title: 'yes or no' }),
  SUIFANG_NOW: text('an instant such as 2026-11-23T09:00:00+08:00'),
  SUIFANG_KEY: Type.Optional(Type.String({ pattern: '^[0-9a-fA-F]{64}$', title: '32 bytes as 64 hexadecimal digits' })),
  SUIFANG_FAILPOINT: text('the name of a failpoint'),
  DATABASE_URL: postgresUrl(),
  DATABASE_OWNER_URL: postgresUrl(),
  DRACHTIO_HOST: text('a host'),
  DRACHTIO_PORT: port(9022),
  DRACHTIO_SECRET: text('the secret of drachtio.conf.xml'),
  FREESWITCH_HOSTS: text('a list such as 10.0.0.5,10.0.0.6:8021'),
  FREESWITCH_SECRET: text('the password of event_socket.conf.xml'),
  SUIFANG_SIP_WS: Type.Optional(
    Type.String({
      pattern: '^ws://(?:[^\\s:/@[\\]]+|\\[[0-9a-fA-F:.]+\\]):\\d{1,5}/?$',
      title: 'an address such as ws://10.0.0.5:5070',
    }),
  ),
  SUIFANG_HTTPS: Type.Union(
    (['auto', 'always', 'no'] as const).map((when) => Type.Literal(when)),
    { default: 'auto', title: 'auto, always or no' },
  ),
  SUIFANG_PROXIES: text('a list of addresses and networks such as 127.0.0.1,10.0.0.0/8'),
  TLS_CERT_FILE: text('the path of a PEM file'),
  TLS_KEY_FILE: text('the path of a PEM file'),
  LOG_FILE: text('a file, or - for stdout'),
  LOG_LEVEL: Type.Union(
    (['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const).map((level) => Type.Literal(level)),
    { default: 'info', title: 'trace, debug, info, warn, error, fatal or silent' },
  ),
})

/**
 * Reads the settings; an empty variable counts as absent.
 * @throws UserError SETTING_INVALID {variable, wanted}, SETTING_INCOMPLETE {variable, needs}
 */
export function readSettings(environment: Readonly<Record<string, string | undefined>> = process.env): Settings {
  const given = parse(environment)
  return {
    port: given.PORT,
    sipPort: given.SUIFANG_SIP_PORT,
    bind: given.SUIFANG_BIND,
    dataDir: resolve(given.SUIFANG_DATA),
    now: instant(given.SUIFANG_NOW),
    key: given.SUIFANG_KEY === undefined ? null : Buffer.from(given.SUIFANG_KEY, 'hex'),
    database: databaseOf(given),
    demo: given.SUIFANG_DEMO === 'yes',
    switches: switchesOf(given),
    tls: tlsOf(given),
    https: given.SUIFANG_HTTPS,
    proxies: proxiesOf(given),
    sipWs: sipWsOf(given),
    logLevel: given.LOG_LEVEL,
    logFile: given.LOG_FILE ?? join(resolve(given.SUIFANG_DATA), 'log', 'suifang.log'),
  }
}

type Given = Static<typeof environmentSchema>

function parse(environment: Readonly<Record<string, string | undefined>>): Given {
  const named = Object.entries(environmentSchema.properties).map(([name]) => [name, environment[name]?.trim()] as const)
  const present = Object.fromEntries(named.filter(([, value]) => value !== undefined && value !== ''))
  const given: unknown = Value.Default(environmentSchema, Value.Convert(environmentSchema, present))
  if (!Value.Check(environmentSchema, given)) {
    const [first] = Value.Errors(environmentSchema, given)
    const variable = first?.instancePath.split('/')[1] ?? '?'
    throw new UserError('SETTING_INVALID', { variable, wanted: wantedOf(variable) })
  }
  if (given.SUIFANG_FAILPOINT !== undefined && !isFailpoint(given.SUIFANG_FAILPOINT)) throw invalid('SUIFANG_FAILPOINT')
  return given
}

function databaseOf(given: Given): Settings['database'] {
  if (given.DATABASE_URL !== undefined) {
    return { url: given.DATABASE_URL, ownerUrl: given.DATABASE_OWNER_URL ?? given.DATABASE_URL }
  }
  if (given.DATABASE_OWNER_URL !== undefined) throw incomplete('DATABASE_OWNER_URL', 'DATABASE_URL')
  return null
}

function switchesOf(given: Given): Settings['switches'] {
  const { DRACHTIO_HOST: host, FREESWITCH_HOSTS: hosts } = given
  if (host === undefined && hosts === undefined) return null
  if (host === undefined) throw incomplete('FREESWITCH_HOSTS', 'DRACHTIO_HOST')
  if (hosts === undefined) throw incomplete('DRACHTIO_HOST', 'FREESWITCH_HOSTS')
  if (given.DRACHTIO_SECRET === undefined) throw incomplete('DRACHTIO_HOST', 'DRACHTIO_SECRET')
  if (given.FREESWITCH_SECRET === undefined) throw incomplete('FREESWITCH_HOSTS', 'FREESWITCH_SECRET')
  const secret = given.FREESWITCH_SECRET
  return {
    drachtio: { host, port: given.DRACHTIO_PORT, secret: given.DRACHTIO_SECRET },
    freeswitch: hosts.split(',').map((entry) => ({ ...hostAndPort(entry.trim()), secret })),
  }
}

/** `host`, `host:port`, `[v6]:port`; the event socket's port is 8021 unless said. */
function hostAndPort(entry: string): { host: string; port: number } {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]]+))(?::(\d{1,5}))?$/.exec(entry)
  const host = match?.[1] ?? match?.[2]
  const number = Number(match?.[3] ?? 8021)
  if (host === undefined || number > 65_535) throw invalid('FREESWITCH_HOSTS')
  return { host, port: number }
}

function tlsOf(given: Given): Settings['tls'] {
  const { TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile } = given
  if (certFile === undefined && keyFile === undefined) return null
  if (certFile === undefined) throw incomplete('TLS_KEY_FILE', 'TLS_CERT_FILE')
  if (keyFile === undefined) throw incomplete('TLS_CERT_FILE', 'TLS_KEY_FILE')
  return { certFile: resolve(certFile), keyFile: resolve(keyFile) }
}

function proxiesOf({ SUIFANG_PROXIES: list }: Given): Proxies | null {
  const proxies = list === undefined ? null : readProxies(list)
  if (list !== undefined && proxies === null) throw invalid('SUIFANG_PROXIES')
  return proxies
}

function sipWsOf({ SUIFANG_SIP_WS: address }: Given): Settings['sipWs'] {
  if (address === undefined) return null
  const url = URL.parse(address)
  const port = Number(/:(\d+)\/?$/.exec(address)?.[1])
  if (url === null || port === 0 || port > 65_535) throw invalid('SUIFANG_SIP_WS')
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port }
}

/** Only with a zone: an hour without one would mean another instant on another machine. */
function instant(given: string | undefined): Date | null {
  if (given === undefined) return null
  const at = new Date(given)
  if (!/T.*(Z|[+-]\d\d:?\d\d)$/.test(given) || Number.isNaN(at.getTime())) throw invalid('SUIFANG_NOW')
  return at
}

function invalid(variable: string): UserError {
  return new UserError('SETTING_INVALID', { variable, wanted: wantedOf(variable) })
}

function incomplete(variable: string, needs: string): UserError {
  return new UserError('SETTING_INCOMPLETE', { variable, needs })
}

function wantedOf(variable: string): string {
  const schema = Object.entries(environmentSchema.properties).find(([name]) => name === variable)?.[1]
  return schema !== undefined && 'title' in schema && typeof schema.title === 'string' ? schema.title : 'something else'
}
