import { readFileSync } from 'node:fs'
import { cpuSecondsOf, processTree } from './process-tree.ts'

/** Processor time since boot, in seconds over all cores. */
interface Used {
  /** By anybody but the idle. */
  readonly busy: number
  /** By other guests of the host while somebody here was ready to run. */
  readonly stolen: number
  /** By this process and what it has started. */
  readonly ours: number
}

/**
 * What others take of the cores while a bench runs. A claim alone is 14 ms long and its floor, a commit, less than one: so a
 * neighbour who computes for a while lengthens many claims and hardly a floor, and the bound is judged of a machine
 * that was not the bench's.
 * @returns asks once more, and tells what was taken since
 */
export function watchNeighbours(): () => string {
  const before = used()
  const began = performance.now()
  return () => {
    const after = used()
    const seconds = (performance.now() - began) / 1_000
    const share = (taken: number) => `${((Math.max(0, taken) / seconds) * 100).toFixed(1)} %`
    const stolen = after.stolen - before.stolen
    const ours = after.ours - before.ours
    return `the bench took ${share(ours)} of one core, its neighbours ${share(after.busy - before.busy - ours)}, the host's other guests ${share(stolen)}`
  }
}

function used(): Used {
  // cpu user nice system idle iowait irq softirq steal …, in hundredths of a second
  const line = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0] ?? ''
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = line.split(/\s+/).slice(1).map(Number)
  return {
    busy: (user + nice + system + irq + softirq) / 100,
    stolen: steal / 100,
    ours: cpuSecondsOf(processTree(process.pid).map(({ pid }) => pid)),
  }
}
