/**
 * Bench `abuse`: what a thousand packets a second that nobody asked for cost the house.
 *
 * The house on a fresh data folder without the demo, so that it has nothing else to do; one address sends it a thousand
 * a second of each kind in turn, for `--seconds` (default 20): scans by INVITE, OPTIONS and REGISTER, what is no SIP,
 * INVITEs for the media server, and sound for a leg that is up. CPU is of the process, user and system, less what the
 * quiet house used. `--json` ends stdout with {softswitchPercent, applicationPercent}, each the worst kind's.
 */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { softswitchState } from '#softswitch/softswitch-state.ts'
import { Attacker } from '../harness/attacker.ts'
import { faults, interruption, noDemo, startHouse, temporaryFolder } from './house.ts'
import { PlainCalls } from './plain-calls.ts'
import { processTree } from './process-tree.ts'
import { finish, machine, say, table } from './report.ts'

const perSecond = 1_000
const boundPercent = 50

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '20' }, json: { type: 'boolean' }, keep: { type: 'boolean' } },
})
const seconds = Number(values.seconds)
const interrupted = interruption()
try {
  if (!(seconds >= 1 && seconds <= 600)) throw new Error('--seconds is a number from 1 to 600')
  await run()
} catch (error) {
  for (const fault of faults(error)) process.stderr.write(`${fault}\n`)
  process.exitCode = 1
}

async function run(): Promise<void> {
  say(`Bench abuse on ${machine()}`)
  say(`Method: ${perSecond} packets a second from one address, ${seconds} s of each kind; CPU less the quiet house's`)
  await using opened = new AsyncDisposableStack()
  const folder = await temporaryFolder('abuse')
  opened.defer(() => folder.close())
  const house = await startHouse([process.execPath, 'src/main.ts'], folder.path, noDemo)
  opened.defer(() => house.close())
  const state = await softswitchState.read(join(folder.path, 'softswitch.json'))
  if (state === null) throw new Error('no softswitch is known')
  const attacker = await Attacker.open()
  opened.defer(() => attacker.close())
  const calls = await PlainCalls.open(state)
  opened.defer(() => calls.close())
  const { port: legPort } = await calls.toMedia()

  const cpu = () => {
    const all = processTree(house.pid)
    const of = (isIt: (pid: number) => boolean) =>
      all.filter(({ pid }) => isIt(pid)).reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0)
    return { softswitch: of((pid) => pid === state.pid), application: of((pid) => pid === house.pid) }
  }
  /** @returns percent of a core */
  const during = async (act: () => Promise<void>) => {
    const [begun, before] = [performance.now(), cpu()]
    await act()
    const [after, lasted] = [cpu(), (performance.now() - begun) / 1_000]
    const share = (name: keyof typeof after) => ((after[name] - before[name]) / lasted) * 100
    return { softswitch: share('softswitch'), application: share('application') }
  }
  await sleep(5_000, undefined, { signal: interrupted })
  const quiet = await during(() => sleep(seconds * 1_000, undefined, { signal: interrupted }))
  const { sipPort } = state.drachtio
  const kinds: readonly [string, number, () => Buffer][] = [
    ['INVITE scans', sipPort, () => attacker.scan('INVITE')],
    ['OPTIONS scans', sipPort, () => attacker.scan('OPTIONS')],
    ['REGISTER scans', sipPort, () => attacker.scan('REGISTER')],
    ['no SIP', sipPort, () => attacker.rubbish()],
    ['INVITEs to the media server', state.freeswitch.sipPort, () => attacker.scan('INVITE')],
    ['sound of a stranger', legPort, () => attacker.sound()],
  ]
  const worst = { softswitch: 0, application: 0 }
  const rows: string[][] = []
  for (const [name, port, one] of kinds) {
    const used = await during(() => flood(attacker, port, one))
    const [softswitch, application] = [used.softswitch - quiet.softswitch, used.application - quiet.application]
    worst.softswitch = Math.max(worst.softswitch, softswitch)
    worst.application = Math.max(worst.application, application)
    rows.push([name, `${softswitch.toFixed(1)} %`, `${application.toFixed(1)} %`])
    say(`  ${name} done`)
  }
  const after = await calls.toMedia()
  await after.call.bye()
  say(table(['of a core', 'softswitch', 'application'], rows))
  const [softswitchPercent, applicationPercent] = [worst.softswitch, worst.application]
  finish(
    { softswitchPercent, applicationPercent },
    Object.entries({ softswitchPercent, applicationPercent }).map(([name, found]) => ({
      must: `${name} < ${boundPercent}`,
      found: found.toFixed(1),
      holds: found < boundPercent,
    })),
  )
}

/** So many a second, in steps of 10 ms. */
async function flood(attacker: Attacker, port: number, one: () => Buffer): Promise<void> {
  const begun = performance.now()
  for (let sent = 0; sent < perSecond * seconds; ) {
    const due = Math.min(perSecond * seconds, Math.ceil(((performance.now() - begun) / 1_000) * perSecond))
    const count = due - sent
    await attacker.send(port, Array.from({ length: count }, one))
    sent += count
    await sleep(10, undefined, { signal: interrupted })
  }
}
