/**
 * The simulated carrier as a process of its own.
 *
 *     node src/carrier/main.ts '{"lines":30,"stateFile":"data/carrier.json","parentPid":4711}'
 *
 * Settings: one JSON object (carrier-settings.ts) as the argument or in SUIFANG_CARRIER. When it is ready it writes
 * its state file and prints the same as one line on stdout; its log goes to stderr, one JSON object a line, without
 * numbers. SIGTERM, or a line `shutdown` on stdin, ends it in order: every patient hangs up.
 *
 * It outlives the application it belongs to by a while: the next one finds it through the state file and takes it over.
 */
import { createInterface } from 'node:readline'
import { processLives } from '#softswitch/program/program-process.ts'
import { behaviours } from './behaviours.ts'
import { Carrier } from './carrier.ts'
import { type CarrierSettings, readCarrierSettings } from './carrier-settings.ts'
import { type CarrierState, carrierState } from './carrier-state.ts'

const closeLimitMs = 5_000
/** Nothing tells a process of the end of one that is not its child: it has to look. */
const lookMs = 1_000

// The reader of our log or of the ready line may be gone: that is no reason to end.
process.stdout.on('error', () => {})
process.stderr.on('error', () => {})
process.on('uncaughtException', (error) => fail('fault in the carrier', error))
process.on('unhandledRejection', (error) => fail('fault in the carrier', error))

const settings = settingsOrFail()
const carrier = await open(settings)
const state: CarrierState = {
  pid: process.pid,
  startedAt: new Date().toISOString(),
  host: carrier.address,
  sipPort: carrier.port,
  lines: settings.lines,
  parentPid: settings.parentPid,
}
if (settings.stateFile !== '') await carrierState.write(settings.stateFile, state)
process.stdout.write(`${JSON.stringify(state)}\n`)

let closing = false
process.on('SIGTERM', () => void close('told to by a signal'))
// A Ctrl-C in the terminal of the application is the application's: it closes us in its own order.
process.on('SIGINT', () => process.stdin.isTTY && void close('told to by a signal'))
process.on('SIGHUP', () => {})
createInterface({ input: process.stdin })
  .on('line', (line) => line.trim() === 'shutdown' && void close('told to by the application'))
  .on('error', () => {})
if (settings.parentPid !== 0) watchParent(settings.parentPid)

function settingsOrFail(): CarrierSettings {
  try {
    return readCarrierSettings(process.argv[2] ?? process.env.SUIFANG_CARRIER ?? '{}')
  } catch (error) {
    return fail('the settings cannot be used', error)
  }
}

async function open(wanted: CarrierSettings): Promise<Carrier> {
  try {
    return await Carrier.open({
      address: wanted.bind,
      port: wanted.sipPort,
      lines: wanted.lines,
      speed: wanted.speed,
      seed: wanted.seed,
      ...(wanted.everyone === '' ? {} : { everyone: behaviours[wanted.everyone] }),
      ...(wanted.reportFile === '' ? {} : { reportFile: wanted.reportFile }),
      onFault: (error) => log('fault in a call', { error: String(error) }),
    })
  } catch (error) {
    return fail('the carrier cannot open its port', error)
  }
}

function watchParent(first: number): void {
  let parent = first
  let lastSeen = performance.now()
  setInterval(() => {
    if (processLives(parent)) lastSeen = performance.now()
    else if (performance.now() - lastSeen > settings.outliveMs) void close('its application is gone')
    else if (settings.stateFile !== '') {
      void carrierState.read(settings.stateFile).then((found) => {
        if (found !== null && found.pid === process.pid) parent = found.parentPid
      })
    }
  }, lookMs)
}

async function close(why: string): Promise<void> {
  if (closing) return
  closing = true
  log('closing', { why, calls: carrier.calls })
  const limit = setTimeout(() => fail('closing took too long', null), closeLimitMs)
  await carrier.close()
  clearTimeout(limit)
  if (settings.stateFile !== '') await carrierState.remove(settings.stateFile, process.pid).catch(() => {})
  process.exit(0)
}

function fail(message: string, error: unknown): never {
  log(message, { error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  process.exit(1)
}

function log(message: string, details: Readonly<Record<string, unknown>>): void {
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), message, ...details })}\n`)
}
