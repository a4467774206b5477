import { describe, expect, it } from 'vitest'
import { gradeOf } from './call-quality.ts'

const clean = { mos: 4.5, lossIn: 0, lossOut: null, jitterInMs: 2, jitterOutMs: null, roundTripMs: null }

describe('a line in a word', () => {
  it.each([
    [{}, 'good'],
    [{ lossIn: 0.01, lossOut: 0.01, jitterInMs: 20, roundTripMs: 250 }, 'good'],
    [{ lossOut: 0.03 }, 'fair'],
    [{ jitterOutMs: 40 }, 'fair'],
    [{ roundTripMs: 500 }, 'fair'],
    [{ mos: 3.6 }, 'fair'],
    [{ lossIn: 0.1 }, 'poor'],
    [{ roundTripMs: 900 }, 'poor'],
    [{ mos: 2.9, lossOut: 0 }, 'poor'],
  ] as const)('%j is %s', (over, grade) => {
    expect(gradeOf({ ...clean, ...over })).toBe(grade)
  })
})
