import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { writeAudit } from '#platform/audit/audit-store.ts'
import type { Ground } from '#platform/database/database.ts'
import { UserError } from '#platform/errors/errors.ts'
import { actorOf, sessionOf } from '#platform/http/access.ts'
import { languageOf } from '#platform/http/language.ts'
import { sightOf } from '../live/live-routes.ts'
import { changeTasks, foreseeChange, type TaskWish } from './task-service.ts'
import type { Worklist } from './worklist.ts'
import {
  TaskChange,
  TaskChanged,
  TaskChoices,
  TaskDetail,
  TaskForeseen,
  TaskForesight,
  TaskGlance,
  TaskGlanced,
  TaskPage,
  TaskSearch,
} from './worklist-schema.ts'

const Target = Type.Object({ taskId: Type.String({ format: 'uuid' }) })

/**
 * The list of tasks for who may see calls, masked as there; what is done to them by hand for who starts and stops
 * campaigns (requirements D07, C15, H31). Who looked is written down.
 */
export const worklistRoutes: FastifyPluginAsyncTypebox<{ readonly db: Ground; readonly worklist: Worklist }> = async (
  server,
  { db, worklist },
) => {
  const read = { access: 'call.read' } as const
  const change = { access: 'campaign.control' } as const

  server.post(
    '/api/tasks/search',
    { config: read, schema: { body: TaskSearch, response: { 200: TaskPage } } },
    async (request) => {
      const sight = sightOf(sessionOf(request))
      const actor = actorOf(request)
      const { patient, after, ...filter } = request.body
      const page = await worklist.search(request.body, sight, actor)
      const byPatient = patient !== undefined && patient !== ''
      const detail = { ...filter, byPatient, further: after !== undefined, clear: sight.clear, total: page.total }
      await writeAudit(db, { actor, action: 'task.listed', outcome: 'ok', detail })
      return page
    },
  )

  server.post(
    '/api/tasks/glance',
    { config: read, schema: { body: TaskGlance, response: { 200: TaskGlanced } } },
    async (request) => worklist.glance(request.body),
  )

  server.get('/api/tasks/choices', { config: read, schema: { response: { 200: TaskChoices } } }, async () =>
    worklist.choices(),
  )

  server.get(
    '/api/tasks/:taskId',
    { config: read, schema: { params: Target, response: { 200: TaskDetail } } },
    async (request) => {
      const sight = sightOf(sessionOf(request))
      const { taskId } = request.params
      const task = await worklist.detail(taskId, sight)
      await writeAudit(db, {
        actor: actorOf(request),
        action: 'task.viewed',
        object: { kind: 'task', id: taskId },
        outcome: 'ok',
        detail: { clear: sight.clear },
      })
      return task
    },
  )

  server.post(
    '/api/tasks/foresee',
    { config: change, schema: { body: TaskForesight, response: { 200: TaskForeseen } } },
    async (request) => {
      const { taskIds, action } = request.body
      const { possible, refused } = await foreseeChange(db, taskIds, action)
      const language = languageOf(request.headers['accept-language'])
      return {
        possible,
        refused: refused.map((one) => ({ ...one, message: new UserError(one.code).messageIn(language) })),
      }
    },
  )

  server.post(
    '/api/tasks/change',
    { config: change, schema: { body: TaskChange, response: { 200: TaskChanged } } },
    async (request) => {
      const { taskIds, reason } = request.body
      const how = { by: actorOf(request), reason: reason.trim() }
      const results = await changeTasks(db, taskIds, wishOf(request.body), how)
      const language = languageOf(request.headers['accept-language'])
      return {
        done: results.filter(({ error }) => error === null).length,
        results: results.map((result) => ({
          taskId: result.taskId,
          code: result.error?.code ?? null,
          message: result.error?.messageIn(language) ?? null,
          hold: result.error === null ? result.hold : null,
        })),
      }
    },
  )
}

function wishOf(change: TaskChange): TaskWish {
  switch (change.action) {
    case 'stop':
      return { action: 'stop', why: change.why }
    case 'dial_at':
      return { action: 'dial_at', at: new Date(change.at) }
    default:
      return { action: change.action }
  }
}
