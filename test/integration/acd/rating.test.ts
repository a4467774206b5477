/** After the agent has hung up the patient is asked for a rating, by key. */
import { afterEach, describe, expect, it } from 'vitest'
import type { FakePatientLeg } from './fake-telephony.ts'
import { Floor, type Node } from './floor.ts'

let floor: Floor | undefined
let running: Node | undefined
afterEach(async () => {
  await running?.quiet()
  await floor?.close()
  floor = undefined
})

async function talking({ asked = true } = {}) {
  const opened = await Floor.open({ patients: 2 })
  floor = opened
  if (asked) await opened.askForRatings()
  const node = await opened.node()
  running = node
  const agent = await opened.agent()
  await node.signIn(agent)
  const [call] = await node.dialForSeats()
  if (call === undefined) throw new Error('nobody was dialled')
  const leg = node.dialOf(call.work.attemptId).answer()
  await node.quiet()
  return { floor: opened, node, agent, leg, attemptId: call.work.attemptId, done: call.done }
}

const ratings = async () => floor?.db.selectFrom('rating').selectAll().execute()

describe('when the agent hangs up', () => {
  it.each([
    ['1', 5],
    ['3', 3],
    ['5', 1],
  ])('key %s is a rating of %i, stored with call and agent', async (key, value) => {
    const { floor, node, agent, leg, attemptId, done } = await talking()
    await node.service.hangUp(agent)
    await node.quiet()
    leg.press(key)
    await done
    await node.quiet()
    expect(await ratings()).toMatchObject([{ attemptId, agentId: agent, value }])
    expect(leg.heard.at(-1)).toBe('/prompts/rating-thanks.wav')
    expect(await floor.attempt(attemptId)).toMatchObject({ state: 'ended', result: 'completed', outcome: null })
  })

  it('the seat has its after-call work at once, while the patient rates', async () => {
    const { floor, node, agent, leg, attemptId, done } = await talking()
    await node.service.hangUp(agent)
    await node.quiet()
    expect(await floor.seat(agent)).toMatchObject({ state: 'wrap_up' })
    expect(await floor.attempt(attemptId)).toMatchObject({ state: 'bridged' })
    expect(leg.end).toBeNull()
    await expect(node.service.hold(agent)).rejects.toMatchObject({ code: 'SEAT_NO_CALL' })
    leg.endBy('patient')
    await done
    await node.quiet()
    expect(await floor.task(attemptId)).toMatchObject({ state: 'wrapping' })
  })

  it('the seat may have its next call before the patient has rated', async () => {
    const { floor, node, agent, leg, attemptId, done } = await talking()
    await node.service.hangUp(agent)
    await node.quiet()
    await floor.passWrapUp(agent)
    await node.keep()
    const [next] = await node.dialForSeats()
    node.dialOf(next?.work.attemptId ?? '').answer()
    await node.quiet()
    expect(await floor.seat(agent)).toMatchObject({ state: 'talking' })
    leg.press('2')
    await done
    await node.quiet()
    expect(await ratings()).toMatchObject([{ attemptId, value: 4 }])
    expect(await floor.seat(agent)).toMatchObject({ state: 'talking' })
    expect(await floor.task(attemptId)).toMatchObject({ state: 'retry_wait' })
    await node.service.hold(agent)
    await node.quiet()
    expect(await floor.seat(agent)).toMatchObject({ state: 'holding' })
  })

  it.each([
    ['a wrong key', (leg: FakePatientLeg) => leg.press('7')],
    ['a hang-up', (leg: FakePatientLeg) => leg.endBy('patient')],
  ])('%s is no rating', async (_what, act) => {
    const { floor, node, agent, leg, attemptId, done } = await talking()
    await node.service.hangUp(agent)
    await node.quiet()
    act(leg)
    await done
    await node.quiet()
    expect(await ratings()).toEqual([])
    expect(await floor.attempt(attemptId)).toMatchObject({ state: 'ended' })
  })

  it('silence is no rating', async () => {
    const { node, agent, leg, done } = await talking()
    await node.service.hangUp(agent)
    await node.quiet()
    await node.clock.advance(5_000)
    await done
    expect(await ratings()).toEqual([])
    expect(leg.end?.by).toBe('hospital')
  })

  it('a patient who wants no more calls is heard here too', async () => {
    const { floor, node, agent, leg, attemptId, done } = await talking()
    await node.service.hangUp(agent)
    await node.quiet()
    for (const key of '99') {
      leg.press(key)
      await node.quiet()
    }
    await done
    await floor.passWrapUp(agent)
    await node.keep()
    expect(await floor.task(attemptId)).toMatchObject({ state: 'refused' })
  })

  it('nobody is asked where the campaign does not', async () => {
    const { node, agent, leg, done } = await talking({ asked: false })
    await node.service.hangUp(agent)
    await done
    expect(leg.heard.filter((path) => path.startsWith('/prompts/rating'))).toEqual([])
  })
})

it('nobody is asked when the patient hangs up', async () => {
  const { node, leg, done } = await talking()
  leg.endBy('patient')
  await done
  await node.quiet()
  expect(await ratings()).toEqual([])
  expect(leg.heard.filter((path) => path.startsWith('/prompts/rating'))).toEqual([])
})

it('the after-call work can be finished with the outcome said, before the patient has rated', async () => {
  const { floor, node, agent, attemptId, leg, done } = await talking()
  await node.service.hangUp(agent)
  await node.quiet()
  await expect(node.service.finishWrapUp(agent)).rejects.toMatchObject({ code: 'OUTCOME_MISSING' })
  await floor.db
    .insertInto('callSummary')
    .values({ attemptId, version: 1, outcome: 'uncooperative', writtenBy: agent })
    .execute()
  await node.service.finishWrapUp(agent)
  expect(await floor.seat(agent)).toMatchObject({ state: 'idle' })
  leg.press('1')
  await done
  await node.quiet()
  expect(await floor.attempt(attemptId)).toMatchObject({ state: 'ended', outcome: 'uncooperative' })
  expect(await floor.task(attemptId)).toMatchObject({ state: 'retry_wait' })
})
