import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Clock } from '#platform/clock.ts'
import type { Ground } from '#platform/database/database.ts'
import { actorOf } from '#platform/http/access.ts'
import { lackingHolidays } from './calendar.ts'
import { importCalendarYear } from './calendar-service.ts'
import { callingBoard, changeCallingRule } from './calling-rule-service.ts'
import { CalendarWish, CallingBoard, CallingWish, ImportedYear } from './calling-schema.ts'

export interface CallingRoutesOptions {
  readonly db: Ground
  readonly clock: Clock
}

/** When and how often the hospital calls, for whoever starts and stops its campaigns (requirements C08, C09). */
export const callingRoutes: FastifyPluginAsyncTypebox<CallingRoutesOptions> = async (server, { db, clock }) => {
  const config = { access: 'campaign.control' } as const

  server.get('/api/calling', { config, schema: { response: { 200: CallingBoard } } }, async () =>
    callingBoard(db, clock.now()),
  )

  server.put('/api/calling', { config, schema: { body: CallingWish } }, async (request, reply) => {
    await changeCallingRule(db, { actor: actorOf(request), ...request.body })
    return reply.code(204).send()
  })

  server.post(
    '/api/calling/calendar',
    { config, schema: { body: CalendarWish, response: { 200: ImportedYear } } },
    async (request) => {
      const year = await importCalendarYear(db, { actor: actorOf(request), ...request.body })
      const holidays = year.days.filter(({ kind }) => kind === 'holiday').length
      return { year: year.year, holidays, workdays: year.days.length - holidays, lacking: [...lackingHolidays(year)] }
    },
  )
}
