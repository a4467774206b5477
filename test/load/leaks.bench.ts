/**
 * Bench `leaks`: after a hundred thousand calls the softswitch holds what it held before.
 *
 * A softswitch process of its own, with the timers of service. Each call is two: one over drachtio, answered by an
 * application of drachtio-srf, and one to the media server, where a channel with a leg, a socket to its script and a
 * tone begins and ends. What the process holds (garbage collected) is read before and after, when the last transaction
 * is over; before, five hundred calls have made it as large as it gets.
 *
 * `--calls n` (default 100,000, about ten minutes); at most four hours. `--json` ends stdout with {calls, leakedHandles,
 * heapGrowthPercent, pssGrowthPercent, seconds}.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type Holding, openWatchedSoftswitch } from '../harness/watched-softswitch.ts'
import { faults, interruption, temporaryFolder } from './house.ts'
import { PlainCalls } from './plain-calls.ts'
import { finish, machine, say, table } from './report.ts'

const limitMs = 4 * 3_600_000
const warmUpCalls = 500
/** Calls under way at a time; at most so many begin in a second, so that transactions stay below their limit. */
const atOnce = 12
const mostPerSecond = 190
/** An answered INVITE is remembered for 32 s; media sockets and their handles go within moments. */
const quietLimitMs = 60_000
const heapMarginPercent = 5

const { values } = parseArgs({
  options: { calls: { type: 'string', default: '100000' }, json: { type: 'boolean' }, keep: { type: 'boolean' } },
})
const calls = Number(values.calls)
const interrupted = interruption(limitMs / 1_000)
try {
  if (!Number.isSafeInteger(calls) || calls < 1) throw new Error('--calls is a whole number from 1 on')
  await run()
} catch (error) {
  for (const fault of faults(error)) process.stderr.write(`${fault}\n`)
  process.exitCode = 1
}

async function run(): Promise<void> {
  say(`Bench leaks on ${machine()}`)
  say(`Method: ${calls} calls over each side, ${atOnce} at a time; figures with garbage collected, before and after`)
  await using opened = new AsyncDisposableStack()
  const folder = await temporaryFolder('leaks')
  opened.defer(() => folder.close())
  const softswitch = await openWatchedSoftswitch({ baseFolder: folder.path })
  opened.defer(() => softswitch.close())
  const phones = await PlainCalls.open(softswitch.state)
  opened.defer(() => phones.close())
  await callMany(phones, warmUpCalls)
  const before = await softswitch.atRest(quietLimitMs)
  const begun = performance.now()
  await callMany(phones, calls)
  const seconds = (performance.now() - begun) / 1_000
  report(before, await softswitch.atRest(quietLimitMs), seconds)
}

async function callMany(phones: PlainCalls, count: number): Promise<void> {
  const begun = performance.now()
  let started = 0
  let told = 0
  const one = async () => {
    while (started < count) {
      interrupted.throwIfAborted()
      if (performance.now() - begun > limitMs) throw new Error('four hours are over')
      started += 1
      const early = (started / mostPerSecond) * 1_000 - (performance.now() - begun)
      if (early > 0) await sleep(early)
      await Promise.all([overApplication(phones), overMedia(phones)])
      if (started - told >= 10_000) {
        told = started
        say(`  ${started} calls, ${((performance.now() - begun) / 1_000).toFixed(0)} s`)
      }
    }
  }
  await Promise.all(Array.from({ length: atOnce }, one))
}

async function overApplication(phones: PlainCalls): Promise<void> {
  const call = await phones.toApplication()
  await call.bye()
}

async function overMedia(phones: PlainCalls): Promise<void> {
  const { call } = await phones.toMedia()
  await call.bye()
}

function report(before: Holding, after: Holding, seconds: number): void {
  const counted = (held: Holding): Record<string, number> => ({
    'file handles': held.files,
    'clients, dialogs': held.clients + held.dialogs,
    'INVITEs, requests that wait': held.invites + held.waiting,
    transactions: held.transactions,
    channels: held.channels,
    ...held.resources,
  })
  const [first, last] = [counted(before), counted(after)]
  const kinds = [...new Set([...Object.keys(first), ...Object.keys(last)])]
  const leaks = kinds.map((kind) => Math.max(0, (last[kind] ?? 0) - (first[kind] ?? 0)))
  say(
    table(
      ['held', 'before', 'after'],
      kinds.map((kind) => [kind, `${first[kind] ?? 0}`, `${last[kind] ?? 0}`]),
    ),
  )
  const growth = (from: number, to: number) => (to / from - 1) * 100
  const heap = growth(before.heapBytes, after.heapBytes)
  const pss = growth(before.pssKb, after.pssKb)
  const megabytes = (bytes: number) => (bytes / 2 ** 20).toFixed(1)
  say(`  heap ${megabytes(before.heapBytes)} and ${megabytes(after.heapBytes)} MB`)
  say(`  PSS ${megabytes(before.pssKb * 1024)} and ${megabytes(after.pssKb * 1024)} MB; ${seconds.toFixed(0)} s`)
  const leakedHandles = leaks.reduce((sum, one) => sum + one, 0)
  finish({ calls, leakedHandles, heapGrowthPercent: heap, pssGrowthPercent: pss, seconds }, [
    {
      must: 'no socket, timer, dialog or file handle more than before',
      found: leakedHandles,
      holds: leakedHandles === 0,
    },
    {
      must: `heap at most ${heapMarginPercent} % larger`,
      found: `${heap.toFixed(1)} %`,
      holds: heap <= heapMarginPercent,
    },
  ])
}
