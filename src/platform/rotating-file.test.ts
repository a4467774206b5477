import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLog } from './log.ts'
import { RotatingFile } from './rotating-file.ts'

let folder: string
let path: string
const open: RotatingFile[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'suifang-log-'))
  path = join(folder, 'suifang.log')
})
afterEach(() => {
  for (const file of open.splice(0)) file.close()
  rmSync(folder, { recursive: true })
})

function file(options: { readonly maxBytes: number; readonly kept: number }): RotatingFile {
  const made = new RotatingFile({ path, ...options })
  open.push(made)
  return made
}

/** Oldest first. */
const lines = () =>
  readdirSync(folder)
    .toSorted((a, b) => numberOf(b) - numberOf(a))
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n').slice(0, -1))
const numberOf = (name: string) => Number(/\.(\d+)$/.exec(name)?.[1] ?? 0)

describe('a log file', () => {
  it('moves on while it is written, and no line is lost or cut', () => {
    const log = createLog({ destination: file({ maxBytes: 2_000, kept: 50 }) })
    for (let n = 0; n < 200; n += 1) log.info({ n }, '随访')
    expect(lines().map((line) => JSON.parse(line).n)).toEqual(Array.from({ length: 200 }, (_, n) => n))
    expect(readdirSync(folder).length).toBeGreaterThan(5)
    for (const name of readdirSync(folder)) expect(readFileSync(join(folder, name)).length).toBeLessThanOrEqual(2_000)
  })

  it('keeps so many of its predecessors and no more', () => {
    const written = file({ maxBytes: 100, kept: 2 })
    for (let n = 0; n < 100; n += 1) written.write(`${String(n).padStart(49)}\n`)
    expect(readdirSync(folder).toSorted()).toEqual(['suifang.log', 'suifang.log.1', 'suifang.log.2'])
    expect(lines().map(Number)).toEqual([94, 95, 96, 97, 98, 99])
  })

  it('goes on where an earlier process left it', () => {
    file({ maxBytes: 100, kept: 2 }).write(`${'a'.repeat(79)}\n`)
    file({ maxBytes: 100, kept: 2 }).write(`${'b'.repeat(79)}\n`)
    expect(readdirSync(folder)).toContain('suifang.log.1')
    expect(lines().map((line) => line[0])).toEqual(['a', 'b'])
  })

  it('that another process has moved on is followed, not moved on again', () => {
    const one = file({ maxBytes: 100, kept: 3 })
    const other = file({ maxBytes: 100, kept: 3 })
    one.write(`${'a'.repeat(79)}\n`)
    other.write(`${'b'.repeat(79)}\n`)
    one.write(`${'c'.repeat(79)}\n`)
    other.write(`${'d'.repeat(79)}\n`)
    expect(
      lines()
        .map((line) => line[0])
        .toSorted(),
    ).toEqual(['a', 'b', 'c', 'd'])
  })

  it('that somebody took away is made anew', () => {
    const written = file({ maxBytes: 100, kept: 3 })
    written.write(`${'a'.repeat(79)}\n`)
    renameSync(path, join(folder, 'elsewhere'))
    written.write(`${'b'.repeat(79)}\n`)
    expect(readFileSync(path, 'utf8')).toContain('b')
  })
})

describe('a disk that takes nothing', () => {
  it.skipIf(process.platform !== 'linux')('stops nobody who writes', () => {
    const full = new RotatingFile({ path: '/dev/full', maxBytes: 1e9, kept: 1 })
    open.push(full)
    for (let n = 0; n < 50; n += 1) full.write(`${'x'.repeat(50_000)}\n`)
  })
})
