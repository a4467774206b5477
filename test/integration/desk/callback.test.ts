import { afterEach, beforeEach, expect, it } from 'vitest'
import { Floor, type Node } from '../acd/floor.ts'

let floor: Floor
let node: Node
let agents: readonly string[]
beforeEach(async () => {
  floor = await Floor.open({ patients: 1 })
  node = await floor.node()
  agents = [await floor.agent(), await floor.agent()]
  for (const agent of agents) await node.signIn(agent)
})
afterEach(() => floor.close())

const agreedWith = (agentId: string | undefined) =>
  floor.db
    .updateTable('task')
    .set({ callbackAgentId: agentId ?? null })
    .execute()

/** Whom the one call that may be dialled now goes to. */
async function callGoesTo(): Promise<string | undefined> {
  const [call] = await node.dialForSeats(1)
  return call?.seat.agentId
}

it('a callback goes to whom it was agreed with, though others have been free longer', async () => {
  await agreedWith(agents[1])
  expect(await callGoesTo()).toBe(agents[1])
})

it('where that agent is not free it goes to the group', async () => {
  await agreedWith(agents[1])
  await node.service.setStatus(agents[1] ?? '', 'on_break', 'meal')
  expect(await callGoesTo()).toBe(agents[0])
})

it('a call that nobody agreed goes to who has been free longest', async () => {
  await agreedWith(undefined)
  expect(await callGoesTo()).toBe(agents[0])
})
