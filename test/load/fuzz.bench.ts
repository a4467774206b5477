/**
 * Bench `fuzz`: a million wrong messages, and the softswitch as it was.
 *
 * A softswitch process of its own is sent messages made wrong by a seed (test/load/fuzz.ts says which); between any two
 * batches it must answer valid ones, and after every hundred thousand a call over each side must work. What it holds is
 * read with its garbage collected: after a first tenth, when it has grown what it keeps, and at the end.
 *
 * `--count n` messages (default 1,000,000), `--seed n` (default 1); at most two hours. `--json` ends stdout with
 * {messages, heapGrowthPercent, pssGrowthPercent, cpuMsPerMessage}.
 */
import { parseArgs } from 'node:util'
import { type Holding, openWatchedSoftswitch } from '../harness/watched-softswitch.ts'
import { Fuzz } from './fuzz.ts'
import { faults, interruption, temporaryFolder } from './house.ts'
import { finish, machine, say, table } from './report.ts'

const limitMs = 2 * 3_600_000
/** Transactions are over within a second and a half: what is held is then not what is still remembered. */
const sipT1Ms = 20
const restLimitMs = 20_000
/** Heap and memory may be so much more at the end than after the first tenth. */
const marginPercent = 10
/** Of a small count the noise of the heap is larger than that. */
const marginMb = 8

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean' },
    keep: { type: 'boolean' },
  },
})
const count = Number(values.count)
const seed = Number(values.seed)
const interrupted = interruption(limitMs / 1_000)
try {
  if (!Number.isSafeInteger(count) || count < 1_000 || !Number.isSafeInteger(seed)) {
    throw new Error('--count is a whole number of at least 1000, --seed a whole number')
  }
  await run()
} catch (error) {
  for (const fault of faults(error)) process.stderr.write(`${fault}\n`)
  process.exitCode = 1
}

async function run(): Promise<void> {
  say(`Bench fuzz on ${machine()}`)
  say(`Method: ${count} messages from seed ${seed}, all kinds in turn, valid ones between every batch`)
  await using opened = new AsyncDisposableStack()
  const folder = await temporaryFolder('fuzz')
  opened.defer(() => folder.close())
  const softswitch = await openWatchedSoftswitch({ baseFolder: folder.path, sipT1Ms })
  opened.defer(() => softswitch.close())
  const fuzz = await Fuzz.open(softswitch.state)
  opened.defer(() => fuzz.close())
  await fuzz.callAsUsual()
  const begun = performance.now()
  const rows: { sent: number; seconds: number; holding: Holding }[] = []
  const parts = 10
  for (let part = 0; part < parts; part++) {
    interrupted.throwIfAborted()
    if (performance.now() - begun > limitMs) throw new Error('two hours are over')
    await fuzz.run(seed + part * 1_000_003, Math.ceil(count / parts))
    await fuzz.callAsUsual()
    await fuzz.hangUp()
    const holding = await softswitch.atRest(restLimitMs)
    const sent = Object.values(fuzz.sent).reduce((sum, one) => sum + one, 0)
    rows.push({ sent, seconds: (performance.now() - begun) / 1_000, holding })
    say(`  ${sent} sent, ${megabytes(holding.heapBytes / 1024)} heap, ${megabytes(holding.pssKb)} PSS`)
  }
  report(fuzz.sent, rows, softswitch)
}

function report(
  sent: Readonly<Record<string, number>>,
  rows: readonly { sent: number; seconds: number; holding: Holding }[],
  { log, exitCode }: { log: readonly string[]; exitCode: number | null | undefined },
): void {
  say(
    table(
      ['kind', 'messages'],
      Object.entries(sent).map(([kind, messages]) => [kind, `${messages}`]),
    ),
  )
  say(
    table(
      ['sent', 'after', 'heap', 'PSS', 'files', 'dialogs', 'transactions', 'channels'],
      rows.map(({ sent: messages, seconds, holding }) => [
        `${messages}`,
        `${seconds.toFixed(0)} s`,
        megabytes(holding.heapBytes / 1024),
        megabytes(holding.pssKb),
        `${holding.files}`,
        `${holding.dialogs}`,
        `${holding.transactions}`,
        `${holding.channels}`,
      ]),
    ),
  )
  const [first, last] = [rows[0]?.holding, rows.at(-1)?.holding]
  if (first === undefined || last === undefined) throw new Error('nothing was measured')
  const messages = (rows.at(-1)?.sent ?? 0) - (rows[0]?.sent ?? 0)
  const cpuMs = ((last.cpuSeconds - first.cpuSeconds) * 1_000) / messages
  say(`  ${cpuMs.toFixed(2)} ms of processor a message, with the valid ones between them`)
  const own = log.filter((line) => line.includes('fault'))
  for (const line of own.slice(0, 20)) say(line)
  const heap = growth(first.heapBytes, last.heapBytes)
  const pss = growth(first.pssKb, last.pssKb)
  const flat = (percent: number, more: number) => percent <= marginPercent || more <= marginMb * 1024
  finish({ messages: rows.at(-1)?.sent ?? 0, heapGrowthPercent: heap, pssGrowthPercent: pss, cpuMsPerMessage: cpuMs }, [
    {
      must: 'the process lives',
      found: exitCode === undefined ? 'yes' : `ended with ${exitCode}`,
      holds: exitCode === undefined,
    },
    { must: 'no fault in its log', found: own.length, holds: own.length === 0 },
    {
      must: `heap at most ${marginPercent} % (or ${marginMb} MB) over that after the first tenth`,
      found: `${heap.toFixed(1)} %`,
      holds: flat(heap, (last.heapBytes - first.heapBytes) / 1024),
    },
    {
      must: `PSS at most ${marginPercent} % (or ${marginMb} MB) over that after the first tenth`,
      found: `${pss.toFixed(1)} %`,
      holds: flat(pss, last.pssKb - first.pssKb),
    },
    {
      must: 'no dialog and no channel is left',
      found: last.dialogs + last.channels,
      holds: last.dialogs + last.channels === 0,
    },
  ])
}

function growth(before: number, after: number): number {
  return (after / before - 1) * 100
}

function megabytes(kb: number): string {
  return `${(kb / 1024).toFixed(0)} MB`
}
