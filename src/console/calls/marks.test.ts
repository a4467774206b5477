import { describe, expect, it } from 'vitest'
import type { CallDetail } from '#follow-up/calls/call-schema.ts'
import { currentMarker, marksOf } from './marks.ts'

const form: CallDetail['form'] = ['sleep', 'pain'].map((questionId) => ({
  questionId,
  question: { zh: questionId, en: questionId },
  answer: null,
}))
const marker = (type: string, offsetMs: number, more: { questionId?: string; digit?: string } = {}) => ({
  type,
  offsetMs,
  recordingId: 'r',
  text: type,
  questionId: more.questionId ?? null,
  body: more.digit === undefined ? {} : { digit: more.digit },
})

describe('marks on the wave', () => {
  it('bear the number that the question has in the form, and the digit of a key', () => {
    const marks = marksOf(
      [marker('question', 1_000, { questionId: 'pain' }), marker('key', 2_000, { questionId: 'pain', digit: '3' })],
      form,
    )
    expect(marks.map(({ kind, label }) => [kind, label])).toEqual([
      ['question', '2'],
      ['key', '3'],
    ])
  })

  it('show the beep of an answering machine as what somebody is, not as a key', () => {
    expect(marksOf([marker('machine_cue', 1_000)], form)).toMatchObject([{ kind: 'people', label: '' }])
  })

  it('show what this release does not know', () => {
    expect(marksOf([marker('sung', 1_000)], form)).toMatchObject([{ kind: 'key', label: '', text: 'sung' }])
  })
})

describe('the mark that is heard now', () => {
  const markers = [marker('answered', 0), marker('key', 5_200), marker('ended', 9_000)]

  it.each([
    [-1_000, -1],
    [0, 0],
    [4_000, 0],
    [5_000, 1],
    [60_000, 2],
  ])('at %i ms is the one with place %i', (atMs, place) => {
    expect(currentMarker(markers, atMs)).toBe(place)
  })
})
