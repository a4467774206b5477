import fastify from 'fastify'
import { expect, it } from 'vitest'
import { healthRoutes } from './health-routes.ts'

it('whether the house can work is asked once for all who want to know meanwhile', async () => {
  let asked = 0
  const answer = Promise.withResolvers<null>()
  const check = () => {
    asked += 1
    return answer.promise
  }
  const server = fastify()
  await server.register(healthRoutes, { parts: [{ name: 'database', check }] })
  const told = Array.from({ length: 20 }, () => server.inject('/readyz'))
  await expect.poll(() => asked).toBe(1)
  answer.resolve(null)
  for (const { statusCode } of await Promise.all(told)) expect(statusCode).toBe(200)
  expect(asked).toBe(1)
  await server.inject('/readyz')
  expect(asked).toBe(2)
  await server.close()
})
