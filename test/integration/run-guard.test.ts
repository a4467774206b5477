import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { testFolder } from '../harness/folder.ts'
import { startProcess } from '../harness/process.ts'
import { processesOf } from '../harness/processes-of.ts'
import { waitFor } from '../harness/wait-for.ts'

const harness = join(import.meta.dirname, '../harness')
const database = join(import.meta.dirname, '../../src/platform/database')

let folder: Awaited<ReturnType<typeof testFolder>>

beforeEach(async () => {
  folder = await testFolder()
})
afterEach(() => folder.close())

/** A run in the folder with a server of Postgres and a program, each of which outlives who started it. */
function startRun(then: string) {
  const script = `
    import { spawn } from 'node:child_process'
    import { openEmbeddedPostgres } from '${database}/embedded-postgres.ts'
    import { guardRun } from '${harness}/run-guard.ts'
    const folder = '${folder.path}'
    const guard = guardRun(folder)
    await openEmbeddedPostgres({ dataDir: folder, durability: 'none' })
    spawn('sleep', ['600'], { detached: true, stdio: 'ignore', env: { ...process.env, TMPDIR: folder } }).unref()
    ${then}
    console.log('ready')
    setInterval(() => {}, 60_000)`
  return startProcess([process.execPath, '--input-type=module', '-e', script], { ready: /ready/ })
}

const left = async () => (await processesOf(folder.path)).map(({ command }) => command)

it('ends what a killed run has left, and removes its folder', async () => {
  const run = await startRun('')
  expect(await left()).toEqual(expect.arrayContaining(['sleep 600', expect.stringMatching(/\/postgres /)]))
  await run.kill('SIGKILL')
  await waitFor(async () => (await left()).length === 0, { what: 'the end of what the run began' })
  await waitFor(() => !existsSync(folder.path), { what: 'the folder to go' })
})

it('lets a run be that says it ends by itself', async () => {
  const run = await startRun('guard.release()')
  await waitFor(async () => !(await left()).some((command) => command.includes('run-guard-process')), {
    what: 'the guard to go',
  })
  await run.kill('SIGKILL')
  expect(await left()).toContain('sleep 600')
  for (const { pid, command } of await processesOf(folder.path)) {
    if (!command.startsWith('postgres: ')) process.kill(pid, command.includes('/postgres ') ? 'SIGQUIT' : 'SIGKILL')
  }
  await waitFor(async () => (await left()).length === 0, { what: 'the end of what the case began' })
})
