import { expect, test } from 'vitest'
import { readMediaServers } from './media-server-address.ts'

test('the list names hosts with and without a port, each once, in order', () => {
  expect(readMediaServers(' 10.0.0.5, media-2:18021 ,10.0.0.5:8021', 's').map(({ name }) => name)).toEqual([
    '10.0.0.5:8021',
    'media-2:18021',
  ])
})

test('an empty list names no server', () => {
  expect(readMediaServers(' ', 's')).toEqual([])
})

test('a port that is none is refused', () => {
  expect(() => readMediaServers('media:x', 's')).toThrow(RangeError)
})
