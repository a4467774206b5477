import { describe, expect, it } from 'vitest'
import { isBusy, statusPath } from './seat.ts'

describe('the status of a seat', () => {
  it.each([
    ['available', 'available', []],
    ['available', 'on_break', ['on_break']],
    ['available', 'away', ['on_break', 'away']],
    ['away', 'available', ['on_break', 'available']],
    ['on_break', 'available', ['available']],
    ['signed_out', 'available', null],
    ['signing_out', 'available', null],
  ] as const)('goes from %s to %s by legal moves only', (from, to, path) => {
    expect(statusPath(from, to)).toEqual(path)
  })
})

it('a seat without a call may be left at once', () => {
  const states = ['unreachable', 'idle', 'reserved', 'ringing', 'talking', 'holding', 'wrap_up'] as const
  expect(states.filter((state) => !isBusy(state))).toEqual(['unreachable', 'idle'])
})
