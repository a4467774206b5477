import { describe, expect, it } from 'vitest'
import { markersOf, placesOf, type ReplayEvent, type ReplayRecording } from './replay.ts'

const start = Date.parse('2026-11-22T01:00:00Z')
const at = (ms: number) => new Date(start + ms)
const event = (type: string, ms: number, body = {}): ReplayEvent => ({ type, at: at(ms), body })
const recording = (more: Partial<ReplayRecording> = {}): ReplayRecording => ({
  id: 'r1',
  part: 1,
  startedAt: at(0),
  closedAt: at(60_000),
  durationMs: 60_000,
  ...more,
})

describe('markers of a recording', () => {
  it('lie as far into it as their events came after its start', () => {
    const [key] = markersOf([event('key', 12_345, { digit: '1' })], [], [recording()])
    expect(key).toMatchObject({ type: 'key', recordingId: 'r1', offsetMs: 12_345 })
  })

  it('begin with the answer, though that came a moment before the recording', () => {
    const markers = markersOf([event('invited', -9_000), event('answered', -40)], [], [recording()])
    expect(markers).toMatchObject([{ type: 'answered', offsetMs: 0 }])
  })

  it('are never past its end: the hang-up is at the last sample', () => {
    expect(markersOf([event('ended', 60_180)], [], [recording()])).toMatchObject([{ offsetMs: 60_000 }])
  })

  it('leave out the recording’s own events and the nodes of a flow', () => {
    const quiet = ['recording_started', 'node', 'recording_closed'].map((type) => event(type, 1_000))
    expect(markersOf(quiet, [], [recording()])).toEqual([])
  })

  it('show an event that this release does not know', () => {
    expect(markersOf([event('sung', 2_000)], [], [recording()])).toMatchObject([{ type: 'sung' }])
  })

  it('belong to the part in which they happened', () => {
    const parts = [
      recording({ closedAt: at(20_000), durationMs: 20_000 }),
      recording({ id: 'r2', part: 2, startedAt: at(21_000), durationMs: 39_000 }),
    ]
    const markers = markersOf([event('key', 10_000), event('key', 30_000)], [], parts)
    expect(markers).toMatchObject([
      { recordingId: 'r1', offsetMs: 10_000 },
      { recordingId: 'r2', offsetMs: 9_000 },
    ])
  })

  it('are none where no recording began', () => {
    expect(markersOf([event('answered', 0)], [], [recording({ startedAt: null })])).toEqual([])
    expect(markersOf([event('answered', 0)], [], [])).toEqual([])
  })

  it('come from the form where an agent asked: its answers, and none that a flow asked', () => {
    const asked = [event('question', 5_000, { questionId: 'sleep' })]
    const given = [
      { questionId: 'sleep', at: at(8_000) },
      { questionId: 'pain', at: at(20_000) },
    ]
    expect(markersOf(asked, given, [recording()]).map(({ type, questionId }) => `${type} ${questionId}`)).toEqual([
      'question sleep',
      'given pain',
    ])
  })
})

describe('the place of a question', () => {
  it('is where it was asked first', () => {
    const events = [4_000, 9_000].map((ms) => event('question', ms, { questionId: 'sleep' }))
    expect(placesOf(['sleep'], markersOf(events, [], [recording()]))).toEqual([
      { questionId: 'sleep', recordingId: 'r1', offsetMs: 4_000 },
    ])
  })

  it('is a little before its answer was written down, and never before the beginning', () => {
    const given = [
      { questionId: 'early', at: at(2_000) },
      { questionId: 'late', at: at(30_000) },
    ]
    expect(placesOf(['late', 'early', 'never'], markersOf([], given, [recording()]))).toEqual([
      { questionId: 'late', recordingId: 'r1', offsetMs: 24_000 },
      { questionId: 'early', recordingId: 'r1', offsetMs: 0 },
    ])
  })
})
