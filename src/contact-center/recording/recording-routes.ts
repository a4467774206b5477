import { stat } from 'node:fs/promises'
import { relative, resolve } from 'node:path'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { type AuditAction, writeAudit } from '#platform/audit/audit-store.ts'
import type { Ground } from '#platform/database/database.ts'
import { OperationalError, UserError } from '#platform/errors/errors.ts'
import { actorOf } from '#platform/http/access.ts'
import { sendFileRange } from '#platform/http/file-range.ts'
import '../contact-center-tables.ts'
import './recording-errors.ts'

export interface RecordingRoutesOptions {
  readonly db: Ground
  /** Where recordings lie; nothing outside of it is ever sent. */
  readonly folder: string
}

/** States in which there is a whole file to hear; a damaged one may still be heard by who investigates. */
const audible: ReadonlySet<string> = new Set(['closed', 'verified', 'stored', 'held', 'damaged'])

const Target = Type.Object({ id: Type.String({ format: 'uuid' }) })

/**
 * Playback and download (requirements F02): two rights, and an audit row of who, when and which before the first byte
 * leaves. The pieces that a player asks for one after another are one playback.
 */
export const recordingRoutes: FastifyPluginAsyncTypebox<RecordingRoutesOptions> = async (server, { db, folder }) => {
  const playbacks = new Playbacks()

  server.get(
    '/api/recordings/:id/audio',
    { config: { access: 'recording.play' }, schema: { params: Target } },
    async (request, reply) => {
      const { id } = request.params
      const file = await audioFile(db, folder, id)
      if (playbacks.begins(request.session?.id ?? '', id, request.headers.range)) {
        await auditUse(db, request, 'recording.played', id)
      }
      return sendFileRange(request, reply, file)
    },
  )

  server.get(
    '/api/recordings/:id/file',
    { config: { access: 'recording.download' }, schema: { params: Target } },
    async (request, reply) => {
      const { id } = request.params
      const file = await audioFile(db, folder, id)
      await auditUse(db, request, 'recording.downloaded', id)
      return sendFileRange(request, reply, { ...file, saveAs: `recording-${id}.wav` })
    },
  )
}

async function audioFile(db: Ground, folder: string, id: string) {
  const recording = await db.selectFrom('recording').select(['state', 'path']).where('id', '=', id).executeTakeFirst()
  if (recording === undefined) throw new UserError('RECORDING_UNKNOWN')
  if (!audible.has(recording.state) || recording.path === null) {
    throw new UserError('RECORDING_NOT_READY', { state: recording.state })
  }
  const path = resolve(folder, recording.path)
  const within = relative(resolve(folder), path)
  const found = within.startsWith('..') ? null : await stat(path).catch(() => null)
  if (found === null || !found.isFile()) throw new OperationalError('RECORDING_GONE', { id })
  return { path, bytes: found.size, contentType: 'audio/wav', tag: `${id}-${found.size}` }
}

async function auditUse(db: Ground, request: FastifyRequest, action: AuditAction, id: string): Promise<void> {
  await writeAudit(db, {
    actor: actorOf(request),
    action,
    object: { kind: 'recording', id },
    outcome: 'ok',
    detail: { range: request.headers.range ?? null },
  })
}

/**
 * Which requests are the beginning of a playback. A request from the first byte always is; one from further on is not
 * while the same session's playback is remembered, so that nobody hears a recording unrecorded by leaving out its head.
 */
class Playbacks {
  /** Session and recording, the last used last. */
  readonly #known = new Set<string>()

  begins(sessionId: string, recordingId: string, range: string | undefined): boolean {
    const key = `${sessionId} ${recordingId}`
    const known = this.#known.delete(key)
    this.#known.add(key)
    for (const oldest of this.#known) {
      if (this.#known.size <= 1_000) break
      this.#known.delete(oldest)
    }
    return !known || range === undefined || /^bytes=0-/.test(range)
  }
}
