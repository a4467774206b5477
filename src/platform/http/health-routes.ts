import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { type ReadinessPart, type Readiness as ReadinessState, readiness } from './readiness.ts'

const Readiness = Type.Object({
  ready: Type.Boolean(),
  parts: Type.Array(
    Type.Object({
      name: Type.String(),
      ready: Type.Boolean(),
      reason: Type.Union([Type.String(), Type.Null()]),
    }),
  ),
})

/** For whoever restarts processes (`/healthz`: this one answers) and whoever sends them work (`/readyz`). */
export const healthRoutes: FastifyPluginAsyncTypebox<{ readonly parts: readonly ReadinessPart[] }> = async (
  server,
  { parts },
) => {
  let asking: Promise<ReadinessState> | undefined
  /** Who asks meanwhile hears the same: anybody may ask, as often as they like. */
  const state = () => {
    asking ??= readiness(parts).finally(() => {
      asking = undefined
    })
    return asking
  }
  const config = { access: 'public', rateLimit: false } as const
  server.get(
    '/healthz',
    { config, schema: { response: { 200: Type.Object({ alive: Type.Boolean() }) } } },
    async () => ({
      alive: true,
    }),
  )
  server.get(
    '/readyz',
    { config, schema: { response: { 200: Readiness, 503: Readiness } } },
    async (_request, reply) => {
      const { ready, parts: told } = await state()
      return reply.code(ready ? 200 : 503).send({ ready, parts: [...told] })
    },
  )
}
