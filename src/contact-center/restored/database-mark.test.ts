import { describe, expect, it } from 'vitest'
import { type DatabaseMark, doubtOf } from './database-mark.ts'

const database: DatabaseMark = { id: 'a', mark: 40, moving: false, movedAt: new Date(0), hasCalled: true }

describe('a database', () => {
  it.each([
    ['as far as it was seen', { id: 'a', mark: 40 }, database, null],
    ['under a word of it that cannot be read', 'unreadable', database, 'unreadable'],
    ['the same, beside another node', 'unreadable', { ...database, moving: true }, 'unreadable'],
    ['the same, and new', 'unreadable', { ...database, mark: 0, movedAt: null, hasCalled: false }, null],
    ['further, as after a crash', { id: 'a', mark: 39 }, database, null],
    ['behind what was seen', { id: 'a', mark: 41 }, database, 'earlier'],
    ['behind, though another node is there already', { id: 'a', mark: 41 }, { ...database, moving: true }, 'earlier'],
    ['in use, under a fresh data folder', null, database, 'unknown'],
    ['in use, under a fresh data folder beside another node', null, { ...database, moving: true }, null],
    ['of an earlier release', null, { ...database, mark: 0, movedAt: null }, null],
    ['that is new', null, { ...database, mark: 0, movedAt: null, hasCalled: false }, null],
    ['another, in use', { id: 'b', mark: 1 }, database, 'unknown'],
    ['another, of an earlier release', { id: 'b', mark: 1 }, { ...database, mark: 0, movedAt: null }, 'unknown'],
    [
      'another, new: the house begins anew',
      { id: 'b', mark: 1 },
      { ...database, mark: 0, movedAt: null, hasCalled: false },
      null,
    ],
  ] as const)('%s', (_what, seen, found, doubt) => {
    expect(doubtOf(seen, found)).toBe(doubt)
  })
})
