import { expect, test } from 'vitest'
import { Openings } from './openings.ts'

test('what is stopped while it is being opened is known to be stopped when it is open', async () => {
  const openings = new Openings()
  const opening = Promise.withResolvers<string>()
  const opened = openings.during('play 1', opening.promise)
  expect(openings.stop('play 1')).toBe(true)
  opening.resolve('a file')
  expect(await opened).toEqual({ opened: 'a file', stopped: true })
})

test('what is open, or was never begun, is stopped by its owner', async () => {
  const openings = new Openings()
  expect(await openings.during('play 1', Promise.resolve('a file'))).toEqual({ opened: 'a file', stopped: false })
  expect(openings.stop('play 1')).toBe(false)
  expect(openings.stop('play 2')).toBe(false)
})
