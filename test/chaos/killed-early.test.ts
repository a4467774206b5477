import { describe, expect, it } from 'vitest'
import { hasProgram } from '../harness/programs.ts'
import { isOver } from './hospital.ts'
import { dieAt } from './killed-house.ts'
import { noChannelLeft } from './servers.ts'

// At the same time: each mostly waits for prompts to be heard.
describe.skipIf(!hasProgram('sipp')).concurrent('a house killed before its patient answered', () => {
  it('after a claim dials that patient once, by another attempt', async () => {
    await using killed = await dieAt('after-claim')
    const rows = await killed.endOf((found) => found.length === 2 && found.slice(1).every(isOver))
    expect(rows.map(({ result }) => result)).toEqual(['cancelled', 'completed'])
    expect(rows[1]).toMatchObject({ task: 'completed', recording: 'verified' })
    expect([...(await killed.invites())]).toEqual([[rows[1]?.id, 1]])
    await noChannelLeft(killed.hospital)
  })

  it.each(['invite-sent', 'ringing'])(
    'at %s closes the attempt as restart, and never dials it again',
    async (place) => {
      await using killed = await dieAt(place)
      const rows = await killed.endOf((found) => found.every(({ state }) => state === 'ended'))
      expect(rows).toMatchObject([{ result: 'restart', task: 'retry_wait', recording: null }])
      expect([...(await killed.invites())]).toEqual([[rows[0]?.id, 1]])
      await noChannelLeft(killed.hospital)
    },
  )
})
