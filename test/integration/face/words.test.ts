import { expect, it } from 'vitest'
import { en } from '../../../src/console/text/en.ts'
import { zh } from '../../../src/console/text/zh.ts'
import { gateReasons } from '../../../src/follow-up/calling/gate-reason.ts'
import { testDatabase } from '../../harness/database.ts'

it('the page has a word in both languages for every reason of the gate', () => {
  for (const reason of [...Object.keys(gateReasons), 'not_due']) {
    expect(zh.reason, reason).toHaveProperty(reason)
    expect(en.reason, reason).toHaveProperty(reason)
  }
})

it('the page has a word in both languages for every state and result that the database knows', async () => {
  const database = await testDatabase()
  const moves = await database.db.selectFrom('stateMove').select(['machine', 'toState']).execute()
  await database.close()
  const groups = { task: 'taskState', campaign: 'campaignState', recording: 'recordingState' } as const
  for (const [machine, group] of Object.entries(groups)) {
    const states = moves.filter((move) => move.machine === machine).map(({ toState }) => toState)
    expect(states.length).toBeGreaterThan(2)
    for (const state of states) {
      expect(zh[group], state).toHaveProperty(state)
      expect(en[group], state).toHaveProperty(state)
    }
  }
})
