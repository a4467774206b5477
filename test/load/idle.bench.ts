/**
 * Bench `idle`: the memory of Suifang as a person starts it, with the demo hospital's calls going on.
 *
 * `npm start` on a fresh data folder; 120 s after it is up, the proportional set sizes of its processes are added, without
 * Postgres and npm. `--json` ends stdout with {pssMb}.
 */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { faults, interruption, root, startHouse, temporaryFolder } from './house.ts'
import { type ProcessUse, processTree, sizeAlone } from './process-tree.ts'
import { finish, machine, say, table } from './report.ts'

const afterSeconds = 120
const boundMb = 400
const notCounted: readonly string[] = ['Postgres', 'npm']

try {
  await run()
} catch (error) {
  for (const fault of faults(error)) process.stderr.write(`${fault}\n`)
  process.exitCode = 1
}

async function run(): Promise<void> {
  const interrupted = interruption()
  say(`Bench idle on ${machine()}`)
  say(
    `Method: started as npm start does, on a fresh data folder with the demo hospital; PSS of its processes ${afterSeconds} s after it is up`,
  )
  await using opened = new AsyncDisposableStack()
  const folder = await temporaryFolder('idle')
  opened.defer(() => folder.close())
  const house = await startHouse([process.execPath, join(root, 'bin/suifang.mjs'), 'start'], folder.path)
  opened.defer(() => house.close())
  say(`Up at ${house.url}`)
  for (let second = 30; second <= afterSeconds; second += 30) {
    await sleep(30_000, undefined, { signal: interrupted })
    say(`  ${second} s: ${megabytes(sumOf(counted(processTree(house.pid))))}`)
  }
  const all = processTree(house.pid)
  const alone = sizeAlone(counted(all))
  await house.close()
  report(all, alone)
}

function report(all: readonly ProcessUse[], alone: number): void {
  const ours = counted(all)
  if (ours.length < 3) throw new Error(`only ${ours.length} processes of the house were found`)
  const rows = all
    .toSorted((a, b) => b.pssKb - a.pssKb)
    .map((one) => [
      notCounted.includes(one.name) ? `(${one.name})` : one.name,
      megabytes(one.pssKb),
      megabytes(one.rssKb),
      `${one.cpuSeconds.toFixed(1)} s`,
    ])
  say(table(['', 'PSS', 'RSS', 'processor time'], rows))
  say(`Together ${megabytes(sumOf(ours))}; if nobody else ran the same Node, at most ${megabytes(alone)}`)
  const pssMb = sumOf(ours) / 1024
  finish({ pssMb }, [{ must: `PSS ≤ ${boundMb} MB`, found: pssMb.toFixed(1), holds: pssMb <= boundMb }])
}

function counted(all: readonly ProcessUse[]): ProcessUse[] {
  return all.filter(({ name }) => !notCounted.includes(name))
}

function sumOf(processes: readonly ProcessUse[]): number {
  return processes.reduce((sum, { pssKb }) => sum + pssKb, 0)
}

function megabytes(kb: number): string {
  return `${(kb / 1024).toFixed(0)} MB`
}
