/**
 * The softswitch as a process of its own: a drachtio server and a FreeSWITCH stand-in on one machine.
 *
 *     node src/softswitch/main.ts '{"stateFile":"data/softswitch.json"}'
 *
 * Settings: one JSON object (softswitch-settings.ts) as the argument, or in SUIFANG_SOFTSWITCH where other users of
 * the machine cannot read it. When it is ready it writes its state file and prints the same as one line on stdout; its
 * log goes to stderr, one JSON object a line.
 *
 * Like a real server it outlives an application that was killed, so that calls can be found again: it ends a minute
 * after the last client has gone. SIGTERM, or a line `shutdown` on stdin, ends it in order: calls get their BYE,
 * recordings are whole, the state file is gone. A media worker that dies ends it with code 1. SIGUSR2: what it holds
 * (dialogs, transactions, channels, sockets, timers, heap) and what it has refused as a line of the log, with how late
 * the media's ticks were since the last one.
 */
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { Impairment } from './chaos/impairment.ts'
import { type Knob, openKnobs } from './chaos/knobs.ts'
import { DrachtioServer } from './drachtio/drachtio-server.ts'
import { FreeSwitch } from './freeswitch.ts'
import { REFUSED_LINE, RefusalBook } from './refusal-book.ts'
import { scaledTimers } from './sip/sip-timers.ts'
import type { StreamSettings } from './sip/transport-set.ts'
import { readSettings, type SoftswitchSettings } from './softswitch-settings.ts'
import { type SoftswitchState, softswitchState } from './softswitch-state.ts'

/** Beyond this an orderly end is given up. */
const CLOSE_LIMIT_MS = 10_000
const LOOK_MS = 500

// The reader of our log or of the ready line may be gone: that is no reason to end.
process.stdout.on('error', () => {})
process.stderr.on('error', () => {})

let settings: SoftswitchSettings
try {
  settings = readSettings(process.argv[2] ?? process.env.SUIFANG_SOFTSWITCH ?? '{}')
} catch (error) {
  fail('the settings cannot be used', error)
}

process.on('uncaughtException', (error) => fail('fault in the softswitch', error))
process.on('unhandledRejection', (error) => fail('fault in the softswitch', error))

const impairment = new Impairment()
const refusals = new RefusalBook((details) => log(REFUSED_LINE, details))
const { freeswitch, drachtio, state } = await open(settings)
freeswitch.media.onDeath((error) => {
  log('the media worker has died', { error: String(error) })
  void forget().finally(() => process.exit(1))
})

const knobs = settings.chaosSocket === '' ? null : await openKnobs(settings.chaosSocket, turn)

let closing = false
process.on('SIGTERM', () => void close('told to by a signal'))
// A Ctrl-C in the terminal of the application is the application's: it closes us in its own order.
process.on('SIGINT', () => process.stdin.isTTY && void close('told to by a signal'))
process.on('SIGHUP', () => {})
process.on('SIGUSR2', () => void tellFigures())
createInterface({ input: process.stdin })
  .on('line', (line) => line.trim() === 'shutdown' && void close('told to by the application'))
  .on('error', () => {})
watchClients()

// Last: who reads it may tell us to close at once.
if (settings.stateFile !== '') await softswitchState.write(settings.stateFile, state)
process.stdout.write(`${JSON.stringify(state)}\n`)

async function open(wanted: SoftswitchSettings): Promise<{
  freeswitch: FreeSwitch
  drachtio: DrachtioServer
  state: SoftswitchState
}> {
  const { bind, controlBind } = wanted
  const timers = scaledTimers(wanted.sipT1Ms)
  const onRefused = refusals.note.bind(refusals)
  const perAddress = wanted.sipNewPerAddress
  const gated = perAddress === 0 ? {} : { gate: { perAddress, ownAddresses: ['127.0.0.1', '::1', bind] } }
  const impaired = wanted.chaosSocket === '' ? {} : { impairment }
  const secrets = { drachtio: wanted.drachtioSecret || newSecret(), freeswitch: wanted.freeswitchSecret || newSecret() }
  try {
    const opened = await FreeSwitch.start({
      address: bind,
      sipPort: wanted.freeswitchSipPort,
      eventSocketAddress: controlBind,
      eventSocketPort: wanted.freeswitchPort,
      rtpPortFrom: wanted.rtpPortFrom,
      rtpPortTo: wanted.rtpPortTo,
      password: secrets.freeswitch,
      maxSessions: wanted.maxSessions,
      sipTimers: timers,
      onRefused,
      ...gated,
      ...impaired,
      log,
      ...(wanted.baseFolder === '' ? {} : { baseFolder: wanted.baseFolder }),
    })
    const pems = await certificate(wanted)
    const onFault = (error: unknown) => log('fault in the drachtio server', { error: String(error) })
    const server = await DrachtioServer.open({
      sip: {
        address: bind,
        port: wanted.drachtioSipPort,
        streams: streams(wanted, pems),
        ...(wanted.sipLongestOverUdp === 0 ? {} : { longestOverUdp: wanted.sipLongestOverUdp }),
        timers,
        onFault,
        onRefused,
        ...gated,
        ...impaired,
      },
      address: controlBind,
      port: wanted.drachtioPort,
      secret: secrets.drachtio,
      ...(pems === null ? {} : { tls: { port: wanted.drachtioTlsPort, ...pems } }),
      callRecords: wanted.drachtioCallRecords !== 0,
      onFault,
      onRefused,
    })
    return {
      freeswitch: opened,
      drachtio: server,
      state: {
        pid: process.pid,
        startedAt: new Date().toISOString(),
        drachtio: {
          host: controlBind,
          port: server.port,
          secret: secrets.drachtio,
          tlsPort: server.tlsPort,
          sipPort: server.endpoint.local.port,
          sipWsHost: server.endpoint.localOf('ws').address,
          sipWsPort: server.endpoint.localOf('ws').port,
          sipWssPort: server.endpoint.protocols.includes('wss') ? server.endpoint.localOf('wss').port : 0,
          sipTlsPort: server.endpoint.protocols.includes('tls') ? server.endpoint.localOf('tls').port : 0,
        },
        freeswitch: {
          host: controlBind,
          port: opened.eventSocketPort,
          secret: secrets.freeswitch,
          sipPort: opened.sipPort,
        },
      },
    }
  } catch (error) {
    return fail('the softswitch cannot open its ports', error)
  }
}

/** @throws the system's error when it cannot be read */
async function certificate(wanted: SoftswitchSettings): Promise<{ cert: string; key: string } | null> {
  if (wanted.sipCertFile === '') return null
  const [cert, key] = await Promise.all([readFile(wanted.sipCertFile, 'utf8'), readFile(wanted.sipKeyFile, 'utf8')])
  return { cert, key }
}

function streams(wanted: SoftswitchSettings, pems: { cert: string; key: string } | null): StreamSettings {
  const { sipWsBind, sipWsPort, sipWssPort, sipTlsPort } = wanted
  const plain = { tcp: true, ws: { address: sipWsBind, port: sipWsPort } }
  return pems === null ? plain : { ...plain, tls: { port: sipTlsPort, ...pems }, wss: { port: sipWssPort, ...pems } }
}

/** What is held now, as a line of the log: whether it comes back to where it began is for the reader to see. */
async function tellFigures(): Promise<void> {
  // Counted before anything is asked, for which a timer runs.
  const resources = Object.entries(Object.groupBy(process.getActiveResourcesInfo(), (kind) => kind))
  const held = {
    ...drachtio.counts,
    transactions: drachtio.endpoint.transactionCount,
    channels: freeswitch.core.channels.size,
    refused: refusals.counts,
    heapBytes: process.memoryUsage().heapUsed,
    resources: Object.fromEntries(resources.map(([kind, all = []]) => [kind, all.length])),
  }
  const media = await freeswitch.media.figures({ restart: true }).catch(() => null)
  log('figures', { ...held, media })
}

/** For tests: what comes over the socket of its own. */
function turn(knob: Knob): void {
  if (knob.knob === 'stuck') freeswitch.eventSocket.stuckCommand = knob.command
  else if (knob.knob === 'server')
    (knob.server === 'drachtio' ? drachtio : freeswitch.eventSocket).door.turn(knob.state)
  else {
    const { lossPercent = 0, delayMs = 0, latePercent = 0, lateMs = 0 } = knob
    const network = { lossPercent, delayMs, latePercent, lateMs }
    if (knob.of === 'sip') impairment.network = network
    else freeswitch.media.impair(network)
  }
}

/** Ends the process when no application has been there for a while. */
function watchClients(): void {
  let lastSeen = performance.now()
  setInterval(() => {
    const now = performance.now()
    if (drachtio.counts.clients > 0 || freeswitch.eventSocket.clients > 0) lastSeen = now
    else if (now - lastSeen > settings.idleLimitMs) void close('no application has been connected for a while')
  }, LOOK_MS)
}

async function close(why: string): Promise<void> {
  if (closing) return
  closing = true
  log('closing', { why })
  const limit = setTimeout(() => fail('closing took too long', null), CLOSE_LIMIT_MS)
  try {
    await knobs?.close()
    await freeswitch.close()
    await drachtio.close()
  } catch (error) {
    log('closing failed', { error: String(error) })
  }
  clearTimeout(limit)
  await forget()
  process.exit(0)
}

async function forget(): Promise<void> {
  if (settings.stateFile !== '') await softswitchState.remove(settings.stateFile, process.pid).catch(() => {})
}

function fail(message: string, error: unknown): never {
  const details = error instanceof Error ? (error.stack ?? error.message) : String(error)
  log(message, { error: details })
  process.exit(1)
}

function log(message: string, details: Readonly<Record<string, unknown>>): void {
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), message, ...details })}\n`)
}

function newSecret(): string {
  return randomBytes(18).toString('base64url')
}
