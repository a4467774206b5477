/**
 * Bench `softswitch`: what the softswitch carries, beside what the real drachtio-server and FreeSWITCH carry.
 *
 * The softswitch is a process of its own, a fresh one for each key; telephones are in another, sipp in a third, the
 * application in this one. The same load goes to the real pair when DRACHTIO_HOST, DRACHTIO_PORT, DRACHTIO_SECRET,
 * FREESWITCH_HOSTS and FREESWITCH_SECRET name one on this machine; REAL_PIDS (`123,456`) are its processes, whose
 * processor time is then read.
 *
 * - `cpuPerCallMs`: CPU milliseconds of the servers a second of a call, at 100 recorded calls that hear prompts.
 * - `legs`: the highest rung of 50 to 400 conference legs (rooms of two, one stereo recording each) at which every
 *   recording is as long as it was held to 1 %, has both tones throughout, and ticks begin at most 5 ms late (p99).
 * - `callsPerSecond`: the highest rate of INVITE–200–ACK–BYE through drachtio-srf, softswitch on one core, without a
 *   repeated message. The real pair is not pinned.
 * - `outboundCallsPerSecond`: the highest rate at which recorded calls (prompt, key, prompt) are begun and fewer than
 *   1 % fail. On the whole machine: application and telephones take their part of it.
 * - `executeP50Ms`: an execute (`set`) over drachtio-fsmrf, there and back.
 * - `leak`: handles left after 2,000 calls over each side (`leaks` makes 100,000).
 *
 * `--only <key>`; `--share 0.1` makes everything smaller, to try it. `--json` ends stdout with one line, each key
 * {embedded, real, ratio}.
 */
import { execFile } from 'node:child_process'
import { parseArgs, promisify } from 'node:util'
import { faults, interruption, root, temporaryFolder } from './house.ts'
import { measureFloor } from './latency-floor.ts'
import { type Bound, distribution, type Figures, finish, machine, say, table } from './report.ts'
import {
  callsPerSecond,
  cpuPerCallMs,
  type Extent,
  executeP50Ms,
  legs,
  outboundCallsPerSecond,
} from './switch-figures.ts'
import { embeddedPair, realPair, type SwitchPair } from './switch-pair.ts'

interface Measured {
  readonly embedded: number
  readonly real: number | null
  readonly more?: Figures
}

const names = ['cpuPerCallMs', 'legs', 'callsPerSecond', 'outboundCallsPerSecond', 'executeP50Ms', 'leak'] as const
type Name = (typeof names)[number]

const limitSeconds = 1_200
const leakCalls = 2_000
const leakLimitMs = 180_000

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    share: { type: 'string', default: '1' },
    json: { type: 'boolean' },
    keep: { type: 'boolean' },
  },
})
const share = Number(values.share)
const interrupted = interruption(limitSeconds)
try {
  if (!(share > 0 && share <= 1)) throw new Error('--share is more than 0 and at most 1')
  if (values.only !== undefined && !names.some((name) => name === values.only)) {
    throw new Error(`--only takes one of ${names.join(', ')}`)
  }
  await run()
} catch (error) {
  for (const fault of faults(error)) process.stderr.write(`${fault}\n`)
  process.exitCode = 1
}

async function run(): Promise<void> {
  say(`Bench softswitch on ${machine()}`)
  await using opened = new AsyncDisposableStack()
  const folder = await temporaryFolder('softswitch')
  opened.defer(() => folder.close())
  const real = await realPair()
  say(
    `Method: servers, telephones, application in processes of their own; ${real === null ? 'no real pair is given' : 'the same load on the real pair'}${share === 1 ? '' : `; everything ${share} of its size`}`,
  )
  const floor = await measureFloor({ samples: 100 })
  say(`Floor: timer of 20 ms late by ${distribution(floor.timerLateness)}`)
  say(`       UDP round trip between processes ${distribution(floor.udpRoundTrip)}`)
  const extent = { share, folder: folder.path, interrupted }
  const measured = new Map<Name, Measured>()
  for (const name of names.filter((one) => values.only === undefined || one === values.only)) {
    const began = performance.now()
    measured.set(name, await measure(name, real, extent))
    say(`  ${name}: ${((performance.now() - began) / 1_000).toFixed(0)} s`)
  }
  report(measured)
}

async function measure(name: Name, real: SwitchPair | null, extent: Extent): Promise<Measured> {
  say(`${name}:`)
  if (name === 'leak') return await leak()
  if (name === 'legs') {
    const embedded = await onEmbedded(extent, (pair) => legs(pair, extent))
    const there = real === null ? null : await legs(real, extent)
    return { embedded: embedded.legs, real: there?.legs ?? null, more: { tickP99Ms: embedded.tickP99Ms } }
  }
  if (name === 'cpuPerCallMs') {
    const embedded = await onEmbedded(extent, (pair) => cpuPerCallMs(pair, extent))
    return { embedded: embedded ?? Number.NaN, real: real === null ? null : await cpuPerCallMs(real, extent) }
  }
  const figure = { callsPerSecond, outboundCallsPerSecond, executeP50Ms }[name]
  const core = name === 'callsPerSecond' ? 0 : undefined
  const embedded = await onEmbedded(extent, (pair) => figure(pair, extent), core)
  return { embedded, real: real === null ? null : await figure(real, extent) }
}

async function onEmbedded<T>({ folder }: Extent, run: (pair: SwitchPair) => Promise<T>, core?: number): Promise<T> {
  const pair = await embeddedPair(folder, core)
  try {
    return await run(pair)
  } finally {
    await pair.close()
  }
}

/** The bench of its own, smaller. */
async function leak(): Promise<Measured> {
  const calls = Math.max(100, Math.round(leakCalls * share))
  const args = [...process.execArgv, 'test/load/leaks.bench.ts', '--calls', String(calls), '--json']
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root, timeout: leakLimitMs }).catch(
    (error: unknown) => {
      // It ends non-zero when it finds a leak, and says so all the same.
      if (error instanceof Error && 'stdout' in error && String(error.stdout).includes('leakedHandles')) {
        return { stdout: String(error.stdout) }
      }
      throw error
    },
  )
  const { leakedHandles }: { leakedHandles: number } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
  return { embedded: leakedHandles, real: null, more: { leakedHandles, calls } }
}

function report(measured: ReadonlyMap<Name, Measured>): void {
  const ratioOf = ({ embedded, real }: Measured) => (real === null || real === 0 ? null : embedded / real)
  const shown = (value: number | null) => (value === null ? '–' : String(Math.round(value * 100) / 100))
  say(
    table(
      ['', 'embedded', 'real', 'ratio'],
      [...measured].map(([name, one]) => [name, shown(one.embedded), shown(one.real), shown(ratioOf(one))]),
    ),
  )
  const figures = [...measured].map(([name, one]): [string, Figures] => [
    name,
    { embedded: one.embedded, real: one.real, ratio: ratioOf(one), ...one.more },
  ])
  finish(
    Object.fromEntries(figures),
    [...measured].flatMap(([name, one]) => boundsOf(name, one, ratioOf(one))),
  )
}

function boundsOf(name: Name, { embedded }: Measured, ratio: number | null): Bound[] {
  const shown = (value: number) => value.toFixed(2)
  switch (name) {
    case 'cpuPerCallMs':
      return ratio === null
        ? []
        : [{ must: 'cpuPerCallMs of the real ≤ 0.5', found: shown(ratio), holds: ratio <= 0.5 }]
    case 'outboundCallsPerSecond':
      return ratio === null
        ? []
        : [{ must: 'outboundCallsPerSecond of the real ≥ 2', found: shown(ratio), holds: ratio >= 2 }]
    case 'legs':
      return [{ must: 'legs, ticks in time and recordings true, ≥ 200', found: embedded, holds: embedded >= 200 }]
    case 'callsPerSecond':
      return [{ must: 'callsPerSecond on one core ≥ 500', found: embedded, holds: embedded >= 500 }]
    case 'executeP50Ms':
      return [{ must: 'executeP50Ms ≤ 1', found: shown(embedded), holds: embedded <= 1 }]
    case 'leak':
      return [{ must: 'leakedHandles 0', found: embedded, holds: embedded === 0 }]
  }
}
