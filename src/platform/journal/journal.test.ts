import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type VirtualClock, virtualClock } from '../clock.ts'
import { OperationalError } from '../errors/errors.ts'
import { createLog, silentLog } from '../log.ts'
import { Journal, type JournalOptions } from './journal.ts'

let root = ''
let folder = ''
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'suifang-journal-'))
  folder = join(root, 'journal')
})
afterEach(() => rm(root, { recursive: true }))

type Options = Partial<JournalOptions<unknown>>

/** A journal whose entries arrive in `applied`, in the order in which they are applied. */
async function open(options: Options = {}, at = folder) {
  const applied: unknown[] = []
  const journal = await Journal.open<unknown>(at, {
    apply: async (entries) => void applied.push(...entries),
    parse: (value) => value,
    log: silentLog,
    ...options,
  })
  return { journal, applied }
}

/** Leaves entries on disk that nobody has applied, as a crash would. */
async function leave(entries: readonly unknown[], options: Options = {}): Promise<void> {
  const { journal } = await open({ ...options, apply: away })
  for (const entry of entries) await journal.append(entry)
  await journal.close()
}

const away = async () => {
  throw new OperationalError('DATABASE_AWAY', { reason: 'test' })
}

/** Lets time pass whenever somebody waits for it, while the disk works at its own pace. */
async function pass(clock: VirtualClock, until: () => boolean): Promise<void> {
  while (!until()) {
    if (clock.pending > 0) await clock.advance(100)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

const segments = async (at = folder) => (await readdir(at)).filter((name) => name.endsWith('.journal'))

test('entries are applied in the order they were appended', async () => {
  const { journal, applied } = await open()
  for (const seq of [1, 2, 3]) await journal.append({ seq })
  await journal.applied()
  expect(applied).toEqual([{ seq: 1 }, { seq: 2 }, { seq: 3 }])
  await journal.close()
})

test('who waits for what is on disk does not wait for what is appended after it', async () => {
  const later = Promise.withResolvers<void>()
  const { journal } = await open({
    apply: async (entries) => (entries.includes('later') ? later.promise : journal.append('later')),
  })
  await journal.append('first')
  await journal.applied()
  later.resolve()
  await journal.close()
})

test('many appends at once keep their order', async () => {
  const { journal, applied } = await open({ batch: 7 })
  const all = Array.from({ length: 500 }, (_, seq) => seq + 1)
  await Promise.all(all.map((seq) => journal.append(seq)))
  await journal.applied()
  expect(applied).toEqual(all)
  await journal.close()
})

test('an entry larger than a read goes through whole', async () => {
  const { journal, applied } = await open()
  const long = '随访'.repeat(100_000)
  await journal.append('before')
  await journal.append(long)
  await journal.append('after')
  await journal.applied()
  expect(applied).toEqual(['before', long, 'after'])
  await journal.close()
})

test('an entry over the limit is refused and harms nobody', async () => {
  const { journal, applied } = await open()
  expect(() => journal.append('x'.repeat(1_000_001))).toThrow(RangeError)
  await journal.append('small')
  await journal.applied()
  expect(applied).toEqual(['small'])
  await journal.close()
})

describe('while the database is away', () => {
  test('appending goes on, and everything is applied in order when it is back', async () => {
    const clock = virtualClock()
    let isAway = true
    const applied: unknown[] = []
    const { journal } = await open({
      clock,
      batch: 2,
      apply: async (entries) => {
        if (isAway) await away()
        applied.push(...entries)
      },
    })
    for (const seq of [1, 2, 3, 4, 5]) await journal.append(seq)
    await pass(clock, () => clock.now() > new Date('2026-01-01T00:01:00Z'))
    expect(applied).toEqual([])
    expect(journal.hasBacklog).toBe(true)
    isAway = false
    await pass(clock, () => !journal.hasBacklog)
    expect(applied).toEqual([1, 2, 3, 4, 5])
    expect(journal.hasBacklog).toBe(false)
    await journal.close()
  })

  test('it is asked at growing intervals, ten seconds at most', async () => {
    const clock = virtualClock()
    const asked: number[] = []
    const { journal } = await open({
      clock,
      apply: async () => {
        asked.push(clock.now().getTime())
        await away()
      },
    })
    await journal.append(1)
    await pass(clock, () => asked.length === 12)
    const pauses = asked.slice(1).map((at, index) => at - (asked[index] ?? 0))
    expect(pauses).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000, 10_000])
    await journal.close()
  })

  test('closing does not wait for it, and the next process applies the rest', async () => {
    await leave([1, 2, 3])
    const { journal, applied } = await open()
    await journal.applied()
    expect(applied).toEqual([1, 2, 3])
    await journal.close()
  })
})

describe('after a crash', () => {
  test('whatever byte the file was cut at, whole entries are applied and a torn one is not', async () => {
    const entries = [{ seq: 1, text: '张' }, { seq: 2 }, { seq: 3, keys: '12*#' }]
    await leave(entries)
    const [name = ''] = await segments()
    const size = (await stat(join(folder, name))).size
    const ends: number[] = []
    for (let length = 0; length <= size; length += 1) {
      const cut = join(root, `cut-${length}`)
      await cp(folder, cut, { recursive: true })
      await truncate(join(cut, name), length)
      const { journal, applied } = await open({}, cut)
      await journal.applied()
      expect(applied).toEqual(entries.slice(0, applied.length))
      if (ends.length < applied.length) ends.push(length)
      // and what is appended after the crash follows what was left before it
      await journal.append('later')
      await journal.applied()
      expect(applied.at(-1)).toBe('later')
      await journal.close()
    }
    const frames = entries.map((entry) => 8 + Buffer.byteLength(JSON.stringify(entry)))
    expect(ends).toEqual([frames[0], (frames[0] ?? 0) + (frames[1] ?? 0), size])
  })

  test('zeros at the end, as a file system may leave them, are dropped', async () => {
    await leave(['kept'])
    const [name = ''] = await segments()
    await writeFile(join(folder, name), Buffer.alloc(4096), { flag: 'a' })
    const { journal, applied } = await open()
    await journal.applied()
    expect(applied).toEqual(['kept'])
    await journal.close()
    expect(await readdir(folder)).toEqual(['applied'])
  })

  test('entries behind a damaged one are put aside and told, never deleted', async () => {
    await leave(['first', 'second', 'third'])
    const [name = ''] = await segments()
    const bytes = await readFile(join(folder, name))
    const second = bytes.indexOf('second')
    bytes.writeUInt8(bytes.readUInt8(second) ^ 1, second)
    await writeFile(join(folder, name), bytes)
    const lines: string[] = []
    const log = createLog({ destination: { write: (line) => void lines.push(line) } })
    const { journal, applied } = await open({ log })
    await journal.append('next')
    await journal.applied()
    expect(applied).toEqual(['first', 'next'])
    expect(lines.join()).toContain('damaged')
    expect(await readdir(folder)).toContain(`${name}.damaged`)
    await journal.close()
  })

  test('a lost position costs an application again, and nothing else', async () => {
    const first = await open()
    await first.journal.append(1)
    await first.journal.applied()
    await first.journal.close()
    await writeFile(join(folder, 'applied'), 'torn')
    const { journal, applied } = await open()
    await journal.append(2)
    await journal.applied()
    expect(applied).toEqual([1, 2])
    await journal.close()
  })

  test('entries that were applied are not applied again', async () => {
    const first = await open()
    await first.journal.append(1)
    await first.journal.applied()
    await first.journal.close()
    const { journal, applied } = await open()
    await journal.append(2)
    await journal.applied()
    expect(applied).toEqual([2])
    await journal.close()
  })

  test('a process killed before it applies has lost nothing it was told is safe', async () => {
    const said = await runAndKill('journal-written:3')
    const { journal, applied } = await open()
    await journal.applied()
    // The third was on disk when the process died, although nobody was told.
    expect(said).toEqual([1, 2])
    expect(applied.slice(-3)).toEqual([1, 2, 3].slice(-applied.length))
    expect(applied).toContain(3)
    await journal.close()
  })

  test('a process killed between applying and remembering applies the same entries again', async () => {
    await runAndKill('journal-applied')
    const { journal, applied } = await open()
    await journal.applied()
    expect(applied[0]).toBe(1)
    await journal.close()
  })

  /** A process that appends 1, 2, 3 … and is killed at the failpoint; returns what it was told is on disk. */
  async function runAndKill(failpoint: string): Promise<number[]> {
    const script = `
      import { Journal } from ${JSON.stringify(join(import.meta.dirname, 'journal.ts'))}
      import { silentLog } from ${JSON.stringify(join(import.meta.dirname, '../log.ts'))}
      const options = { apply: async () => {}, parse: (value) => value, log: silentLog }
      const journal = await Journal.open(${JSON.stringify(folder)}, options)
      for (let seq = 1; seq < 100; seq += 1) { await journal.append(seq); console.log(seq) }`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      env: { ...process.env, SUIFANG_FAILPOINT: failpoint },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const output = child.stdout.setEncoding('utf8').toArray()
    const [, signal] = await once(child, 'exit')
    expect(signal).toBe('SIGKILL')
    return (await output).join('').trim().split('\n').filter(Boolean).map(Number)
  }
})

describe('an entry that cannot be applied', () => {
  test('is tried ten times, put aside and told; those around it are applied in order', async () => {
    const clock = virtualClock()
    const applied: unknown[] = []
    let tries = 0
    const { journal } = await open({
      clock,
      apply: async (entries) => {
        if (entries.includes('broken')) {
          if (entries.length === 1) tries += 1
          throw new Error('violates a constraint')
        }
        applied.push(...entries)
      },
    })
    await Promise.all(['a', 'broken', 'b'].map((entry) => journal.append(entry)))
    await pass(clock, () => !journal.hasBacklog)
    expect(applied).toEqual(['a', 'b'])
    expect(tries).toBe(10)
    expect(await readFile(join(folder, 'rejected.jsonl'), 'utf8')).toMatch(/"entry":"broken"/)
    await journal.close()
  })

  test('also when it cannot even be read', async () => {
    const { journal, applied } = await open({
      parse: (value) => {
        if (value === 'old shape') throw new TypeError('no seq')
        return value
      },
    })
    await Promise.all(['a', 'old shape', 'b'].map((entry) => journal.append(entry)))
    await journal.applied()
    expect(applied).toEqual(['a', 'b'])
    expect(await readFile(join(folder, 'rejected.jsonl'), 'utf8')).toMatch(/"entry":"old shape"/)
    await journal.close()
  })
})

test('segments are removed once they are applied', async () => {
  const { journal, applied } = await open({ segmentBytes: 200 })
  for (let seq = 0; seq < 100; seq += 1) await journal.append({ seq, text: 'some words' })
  await journal.applied()
  expect(applied).toHaveLength(100)
  expect((await segments()).length).toBeLessThanOrEqual(1)
  await journal.close()
})

test('segments that wait are kept, and their entries come in order', async () => {
  const entries = Array.from({ length: 100 }, (_, seq) => ({ seq, text: 'some words' }))
  await leave(entries, { segmentBytes: 200 })
  expect((await segments()).length).toBeGreaterThan(10)
  const { journal, applied } = await open()
  await journal.applied()
  expect(applied).toEqual(entries)
  await journal.close()
  expect(await segments()).toEqual([])
})

test('a closed journal takes nothing more', async () => {
  const { journal } = await open()
  await journal.close()
  await expect(journal.append(1)).rejects.toMatchObject({ code: 'JOURNAL_CLOSED', kind: 'operational' })
})

test('a disk that refuses is told, and the next append is tried in a new segment', async () => {
  const { journal, applied } = await open()
  // Something stands already where the first segment should be made.
  await writeFile(join(folder, '000000000001.journal'), '')
  await expect(journal.append('lost')).rejects.toMatchObject({
    code: 'JOURNAL_NOT_WRITTEN',
    params: { reason: 'EEXIST' },
  })
  await journal.append('kept')
  await journal.applied()
  expect(applied).toEqual(['kept'])
  await journal.close()
})

describe('with an express way', () => {
  interface Said {
    readonly call: string
    readonly seq: number
    readonly answered?: boolean
  }

  /** Read back from disk. */
  const said = (value: unknown) => value as Said
  const express = {
    keyOf: (entry: unknown) => said(entry).call,
    isUrgent: (entry: unknown) => said(entry).answered === true,
  }
  const names = (entries: readonly unknown[]) => entries.map((entry) => `${said(entry).call}${said(entry).seq}`)

  /** A journal whose batches are applied when the test lets them. */
  async function openByHand(options: Options = {}) {
    const under: { readonly entries: readonly string[]; readonly let: () => void }[] = []
    const applied: string[] = []
    const began = new EventTarget()
    const { journal } = await open({
      express,
      ...options,
      apply: async (entries) => {
        const { promise, resolve } = Promise.withResolvers<void>()
        under.push({ entries: names(entries), let: resolve })
        began.dispatchEvent(new Event('batch'))
        await promise
        applied.push(...names(entries))
      },
    })
    /** The batch that begins as this one, from 1. */
    const batch = async (number: number) => {
      while (under[number - 1] === undefined) await once(began, 'batch')
      const one = under[number - 1]
      if (one === undefined) throw new Error('no batch')
      return one
    }
    return { journal, applied, batch }
  }

  test('who was just answered waits for nobody else’s entries', async () => {
    const { journal, applied, batch } = await openByHand()
    await journal.append({ call: 'a', seq: 1 })
    const end = await batch(1)
    await journal.append({ call: 'b', seq: 1, answered: true })
    const answer = await batch(2)
    expect(answer.entries).toEqual(['b1'])
    answer.let()
    await journal.applied('b')
    expect(applied).toEqual(['b1'])
    end.let()
    await journal.applied()
    expect(applied).toEqual(['b1', 'a1'])
    await journal.close()
  })

  test('nobody overtakes an entry of the own call', async () => {
    const { journal, applied, batch } = await openByHand()
    await journal.append({ call: 'a', seq: 1 })
    const first = await batch(1)
    await journal.append({ call: 'a', seq: 2, answered: true })
    await journal.append({ call: 'b', seq: 1, answered: true })
    expect((await batch(2)).entries).toEqual(['b1'])
    first.let()
    const second = await batch(3)
    expect(second.entries).toEqual(['a2'])
    second.let()
    await journal.applied('a')
    expect(applied).toEqual(['a1', 'a2'])
    ;(await batch(2)).let()
    await journal.close()
  })

  test('what stands before an answer is applied again after a crash, and the answer too', async () => {
    const { journal, batch } = await openByHand()
    await journal.append({ call: 'a', seq: 1 })
    const end = await batch(1)
    await journal.append({ call: 'b', seq: 1, answered: true })
    ;(await batch(2)).let()
    await journal.applied('b')
    const copy = join(root, 'copy')
    await cp(folder, copy, { recursive: true })
    end.let()
    await journal.close()
    const again = await open({ express }, copy)
    await again.journal.applied()
    expect(names(again.applied).toSorted()).toEqual(['a1', 'b1'])
    await again.journal.close()
  })

  test('a segment stays until everything in it is applied', async () => {
    const { journal, batch } = await openByHand({ segmentBytes: 1 })
    await journal.append({ call: 'a', seq: 1 })
    const end = await batch(1)
    await journal.append({ call: 'b', seq: 1, answered: true })
    expect(await segments()).toHaveLength(2)
    end.let()
    ;(await batch(2)).let()
    await journal.applied()
    expect((await segments()).length).toBeLessThanOrEqual(1)
    await journal.close()
  })

  test('in whatever order they come, each call’s entries are applied once and in order, never two batches of a call at a time', async () => {
    const anyEntry = fc.record({ call: fc.constantFrom('a', 'b', 'c', 'd'), answered: fc.boolean(), turns: fc.nat(5) })
    await fc.assert(
      fc.asyncProperty(fc.array(anyEntry, { maxLength: 40 }), fc.integer({ min: 1, max: 5 }), async (all, batch) => {
        const at = await mkdtemp(join(root, 'any-'))
        const running = new Set<string>()
        const seen = new Map<string, number[]>()
        const turns = new Map(all.map(({ turns: count }, index) => [index, count]))
        const { journal } = await open(
          {
            express,
            batch,
            segmentBytes: 300,
            apply: async (entries) => {
              const calls = new Set(entries.map((entry) => said(entry).call))
              expect([...calls].filter((call) => running.has(call))).toEqual([])
              for (const call of calls) running.add(call)
              const wait = Math.max(...entries.map((entry) => turns.get(said(entry).seq) ?? 0))
              for (let turn = 0; turn < wait; turn += 1) await new Promise((resolve) => setImmediate(resolve))
              for (const entry of entries) {
                const { call, seq } = said(entry)
                seen.set(call, [...(seen.get(call) ?? []), seq])
              }
              for (const call of calls) running.delete(call)
            },
          },
          at,
        )
        await Promise.all(all.map(({ call, answered }, seq) => journal.append({ call, seq, answered })))
        await journal.applied()
        for (const call of ['a', 'b', 'c', 'd']) {
          const expected = all.flatMap((one, seq) => (one.call === call ? [seq] : []))
          expect(seen.get(call) ?? []).toEqual(expected)
        }
        await journal.close()
      }),
      { numRuns: 30 },
    )
  })
})
