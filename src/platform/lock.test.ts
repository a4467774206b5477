import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { virtualClock } from './clock.ts'
import { lockInstance, tryLock, waitForLock } from './lock.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'suifang-lock-'))
})
afterEach(() => rm(folder, { recursive: true }))

test('an exclusive lock keeps everybody else out until it is given back', () => {
  const path = join(folder, 'a.lock')
  const held = tryLock(path, 'exclusive')
  expect(tryLock(path, 'exclusive')).toBeUndefined()
  expect(tryLock(path, 'shared')).toBeUndefined()
  held?.close()
  held?.close()
  const next = tryLock(path, 'exclusive')
  expect(next).toBeDefined()
  next?.close()
})

test('a shared lock is held by several and keeps an exclusive one out', () => {
  const path = join(folder, 'a.lock')
  const held = [tryLock(path, 'shared'), tryLock(path, 'shared')]
  expect(held).not.toContain(undefined)
  held[0]?.close()
  expect(tryLock(path, 'exclusive')).toBeUndefined()
  held[1]?.close()
  const alone = tryLock(path, 'exclusive')
  expect(alone).toBeDefined()
  alone?.close()
})

test('who waits gets the lock when it becomes free', async () => {
  const clock = virtualClock()
  const path = join(folder, 'a.lock')
  const held = tryLock(path, 'exclusive')
  const waiting = waitForLock(path, 'exclusive', { timeoutMs: 1_000, clock })
  await clock.advance(100)
  held?.close()
  await clock.advance(100)
  const got = await waiting
  expect(tryLock(path, 'exclusive')).toBeUndefined()
  got.close()
})

test('who waits too long is told', async () => {
  const clock = virtualClock()
  const path = join(folder, 'a.lock')
  const held = tryLock(path, 'exclusive')
  const waiting = expect(waitForLock(path, 'exclusive', { timeoutMs: 100, clock })).rejects.toMatchObject({
    code: 'LOCK_TIMEOUT',
  })
  await clock.advance(200)
  await waiting
  held?.close()
})

test('a second instance is told who has the data folder', () => {
  const held = lockInstance(folder)
  expect(() => lockInstance(folder)).toThrow(
    expect.objectContaining({ code: 'DATA_FOLDER_IN_USE', params: { folder, pid: String(process.pid) } }),
  )
  held.close()
  lockInstance(folder).close()
})
