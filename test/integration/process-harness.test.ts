import { readlinkSync } from 'node:fs'
import { expect, test } from 'vitest'
import { startProcess } from '../harness/process.ts'
import { waitFor } from '../harness/wait-for.ts'

const node = process.execPath

test('a process is ready when it says so, and the line is read', async () => {
  const child = await startProcess([node, '-e', 'console.log("port 4711"); setInterval(() => {}, 1000)'], {
    ready: /port (\d+)/,
  })
  expect(child.ready?.[1]).toBe('4711')
  expect(await child.close()).toEqual({ code: null, signal: 'SIGTERM' })
})

test('a process that ends before it is ready is told with what it said', async () => {
  const started = startProcess([node, '-e', 'console.error("no port left"); process.exit(3)'], { ready: /never/ })
  await expect(started).rejects.toThrow(/no port left/)
})

test('closing ends also what the process has started', async () => {
  const grandchild = 'const c = require("node:child_process").spawn("sleep", ["600"]); console.log("child " + c.pid)'
  const child = await startProcess([node, '-e', `${grandchild}; setInterval(() => {}, 1000)`], { ready: /child (\d+)/ })
  const pid = Number(child.ready?.[1])
  await child.close()
  await waitFor(() => !isAlive(pid), { what: 'the end of the grandchild' })
  expect(isAlive(pid)).toBe(false)
})

test('a program that is not there is told', async () => {
  await expect(startProcess(['no-such-program-here'])).rejects.toThrow('could not be started')
})

/** A process that has ended and is not yet reaped has no program any more. */
function isAlive(pid: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/exe`) !== ''
  } catch {
    return false
  }
}
