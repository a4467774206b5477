import { describe, expect, it } from 'vitest'
import { daysLeft, type RoomState, roomState } from './disk-room.ts'

const thresholds = { warnGb: 10, warnPercent: 10, stopGb: 1 }
const free = (gb: number, total = 50) => ({ freeBytes: gb * 1e9, totalBytes: total * 1e9 })

describe('room on a disk', () => {
  it.each<[RoomState, number, number, RoomState]>([
    ['ok', 10, 50, 'ok'],
    ['ok', 9.9, 50, 'low'],
    ['ok', 19, 200, 'low'],
    ['ok', 21, 200, 'ok'],
    ['ok', 0.99, 50, 'full'],
    ['low', 1, 50, 'low'],
  ])('that was %s, with %d GB free of %d, is %s', (before, gb, total, after) => {
    expect(roomState(before, free(gb, total), thresholds)).toBe(after)
  })

  it('comes back a tenth later than it went, so that a disk at its limit does not stop and start calls', () => {
    expect([1.05, 1.2].map((gb) => roomState('full', free(gb), thresholds))).toEqual(['full', 'low'])
    expect([10.5, 11.1].map((gb) => roomState('low', free(gb), thresholds))).toEqual(['low', 'ok'])
  })
})

describe('the forecast', () => {
  const now = new Date('2026-11-22T00:00:00Z')
  const ago = (days: number, usedGb: number) => ({
    usedBytes: usedGb * 1e9,
    at: new Date(now.getTime() - days * 86_400_000),
  })

  it('goes on as the last week did, whatever was before', () => {
    // 30 of 50 GB used; 16 a week ago: 2 GB a day, 20 left.
    expect(daysLeft(free(20), [ago(3, 29), ago(7, 16), ago(20, 0)], now)).toBe(10)
  })

  it.each([
    ['nothing is known', []],
    ['less than a day is known', [ago(0.9, 1)]],
    ['nothing grows', [ago(5, 31)]],
  ])('says nothing while %s', (_why, earlier) => {
    expect(daysLeft(free(20), earlier, now)).toBeNull()
  })
})
