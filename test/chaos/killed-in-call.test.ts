import { describe, expect, it } from 'vitest'
import { hasProgram } from '../harness/programs.ts'
import { waitFor } from '../harness/wait-for.ts'
import { isOver } from './hospital.ts'
import { dieAt } from './killed-house.ts'
import { noChannelLeft } from './servers.ts'

describe.skipIf(!hasProgram('sipp')).concurrent('a house killed in the call', () => {
  it.each(['answered', 'in-question'])(
    'at %s ends the leg, closes the attempt as restart and accounts for its recording',
    async (place) => {
      await using killed = await dieAt(place)
      const rows = await killed.endOf((found) => found.every(isOver))
      expect(rows).toMatchObject([{ state: 'ended', result: 'restart', task: 'retry_wait' }])
      expect([...(await killed.invites())]).toEqual([[rows[0]?.id, 1]])
      await waitFor(async () => /^BYE /m.test(await killed.heard()), {
        what: 'a BYE at the patient',
        timeoutMs: 20_000,
      })
      await noChannelLeft(killed.hospital)
    },
  )
})
