import type { Server } from 'node:net'
import type { Hop } from './transport.ts'

/** @throws the system's error when the address cannot be bound */
export async function listen(server: Server, at: { address: string; port: number }): Promise<Hop> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: at.address, port: at.port, exclusive: true }, () => {
      server.removeListener('error', reject)
      resolve()
    })
  })
  // Behind this, an error concerns one connection that could not be accepted.
  server.on('error', () => {})
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error('the server has no address')
  return { address: bound.address, port: bound.port }
}
