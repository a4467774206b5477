import { expect, it } from 'vitest'
import { virtualClock } from '#platform/clock.ts'
import { silentLog } from '#platform/log.ts'
import { Dialer } from './dialer.ts'

it('claims nothing while there is no room for a recording, and goes on when it is woken with room', async () => {
  let hasRoom = false
  const claimed = Promise.withResolvers<void>()
  let claims = 0
  const looked: boolean[] = []
  const dialer = new Dialer({
    work: {
      claim: async () => {
        claims += 1
        claimed.resolve()
        return []
      },
      claimForSeats: async () => [],
      nextDueAt: async () => null,
    },
    telephony: { up: true, onUpChange: () => () => {} },
    canRecord: () => {
      looked.push(hasRoom)
      return hasRoom
    },
    lease: { owner: 'node-a', epoch: 1 },
    clock: virtualClock(new Date()),
    log: silentLog,
    seats: {
      campaigns: async () => [],
      offer: () => expect.unreachable(),
      preview: async () => {},
      call: async () => {},
    },
    trunks: async () => [{ id: 'trunk', callsPerSecond: 5 }],
    call: async () => {},
  })
  dialer.start()
  expect([looked.length, claims]).toEqual([1, 0])
  hasRoom = true
  dialer.wake()
  await claimed.promise
  expect(claims).toBe(1)
  await dialer.close({ hangUp: async () => {} })
})
