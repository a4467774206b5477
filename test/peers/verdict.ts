/** What a suite's file must say. */
import { expect } from 'vitest'
import type { TapRun } from './tap.ts'

export interface Miss {
  /** Begin of the assertion's name. */
  readonly assertion: string
  readonly reason: string
}

export interface Expected {
  /** All assertions of the file that pass: fewer (a run cut short) or more is red. */
  readonly passes: number
  /** Assertions that fail, or are never made because one before them failed. One that passes must be taken off. */
  readonly misses?: readonly Miss[]
}

export function judge(run: TapRun & { said: string }, { passes, misses = [] }: Expected): void {
  const failed = run.assertions.filter(({ ok }) => !ok)
  const unexpected = failed.filter(({ name }) => !misses.some(({ assertion }) => name.startsWith(assertion)))
  expect(unexpected, `what it said:\n${run.said.slice(-8_000)}`).toEqual([])
  const passed = run.assertions.filter(({ ok }) => ok).map(({ name }) => name)
  const mended = misses.filter(({ assertion }) => passed.some((name) => name.startsWith(assertion)))
  expect(mended, 'these pass now: take them off the list').toEqual([])
  expect(passed.length, `assertions that pass; what it said:\n${run.said.slice(-8_000)}`).toBe(passes)
}
