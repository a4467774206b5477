import { describe, expect, it } from 'vitest'
import { inputFormats, isKeepable } from './input.ts'

describe('what comes in', () => {
  it.each([['a\0b'], [['x', { deep: [{ er: 'half \ud800' }] }]], [{ 'na\0me': 1 }]])('%j cannot be kept', (input) => {
    expect(isKeepable(input)).toBe(false)
  })

  it('is kept whatever else it says, however deep it is', () => {
    expect(isKeepable({ name: '𠮷野', none: null, count: 3, list: ['', '\t\n'] })).toBe(true)
    expect(isKeepable(JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`))).toBe(true)
    expect(isKeepable(undefined)).toBe(true)
  })

  it.each([
    ['2026-02-28', true],
    ['2028-02-29', true],
    ['2026-02-29', false],
    ['0000-01-01', false],
    ['2026-13-01', false],
  ])('the day %s: %s', (text, good) => {
    expect(inputFormats.date(text)).toBe(good)
  })

  it.each([
    ['2026-11-23T02:00:00Z', true],
    ['2026-11-23T02:00:00.123456+08:00', true],
    ['2026-12-31T23:59:60Z', false],
    ['2026-02-30T00:00:00Z', false],
    ['0000-01-01T00:00:00Z', false],
    ['2026-11-23T02:00:00', false],
  ])('the instant %s: %s', (text, good) => {
    expect(inputFormats['date-time'](text)).toBe(good)
  })

  it('a uuid is what the database reads as one', () => {
    const id = '01a205d4-953e-745e-91db-6a147e533a71'
    expect(inputFormats.uuid.test(id)).toBe(true)
    expect(inputFormats.uuid.test(`urn:uuid:${id}`)).toBe(false)
  })
})
