import { describe, expect, it } from 'vitest'
import { seatsFor } from './seat-offer.ts'

const free = ['anna', 'bo', 'chen'].map((agentId) => ({ agentId }))
const attempt = (attemptId: string, preferredAgentId: string | null = null) => ({ attemptId, preferredAgentId })
const given = (...attempts: readonly ReturnType<typeof attempt>[]) =>
  Object.fromEntries([...seatsFor(attempts, free)].map(([id, { agentId }]) => [id, agentId]))

describe('a free seat', () => {
  it('is given to a callback of that agent, before the one who has been free longest', () => {
    expect(given(attempt('x', 'chen'))).toEqual({ x: 'chen' })
  })

  it('is given by how long it has been free to who has no preference, and to whose agent is not free', () => {
    expect(given(attempt('x'), attempt('y', 'dora'))).toEqual({ x: 'anna', y: 'bo' })
  })

  it('is kept for the callback, wherever it stands in the order', () => {
    expect(given(attempt('x'), attempt('y', 'anna'))).toEqual({ x: 'bo', y: 'anna' })
  })

  it('is given once', () => {
    const seats = given(attempt('w', 'bo'), attempt('x', 'bo'), attempt('y'), attempt('z'))
    expect(seats).toEqual({ w: 'bo', x: 'anna', y: 'chen' })
  })
})
