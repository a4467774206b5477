import { existsSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'
import { UserError } from '#platform/errors/errors.ts'

/**
 * The built console: files as they are, and its first page for every address that the page's own router knows.
 * @param folder where the build stands; absent or empty, the addresses answer NOT_FOUND and the API works
 */
export async function serveConsole(server: FastifyInstance, folder: string | null): Promise<void> {
  if (folder === null || !existsSync(join(folder, 'index.html'))) {
    server.setNotFoundHandler(() => {
      throw new UserError('NOT_FOUND')
    })
    return
  }
  await server.register(fastifyStatic, { root: folder, serve: false })
  server.get('/*', { config: { access: 'public' }, schema: { hide: true } }, (request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '/'
    if (path.startsWith('/api/')) throw new UserError('NOT_FOUND')
    // Built files carry their content's hash in their name; the page itself is asked for anew each time.
    if (path.startsWith('/assets/')) return reply.sendFile(path, { maxAge: '365d', immutable: true })
    if (path.includes('.')) return reply.sendFile(path, { maxAge: 0 })
    return reply.sendFile('index.html', { maxAge: 0 })
  })
  server.setNotFoundHandler(() => {
    throw new UserError('NOT_FOUND')
  })
}
