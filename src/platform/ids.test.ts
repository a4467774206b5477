import { expect, test } from 'vitest'
import { newId } from './ids.ts'

test('ids are UUIDv7 with the time of their making', () => {
  const before = Date.now()
  const id = newId()
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  const madeAt = Number.parseInt(id.slice(0, 13).replace('-', ''), 16)
  expect(madeAt).toBeGreaterThanOrEqual(before)
})

test('ids made one after another rise strictly, also when a millisecond runs over', () => {
  const ids = Array.from({ length: 50_000 }, newId)
  expect([...ids].sort()).toEqual(ids)
  expect(new Set(ids).size).toBe(ids.length)
})
