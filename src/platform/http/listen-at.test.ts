import { createServer } from 'node:net'
import { fastify } from 'fastify'
import { expect, test } from 'vitest'
import { listenAt } from './listen-at.ts'

test('a port that another program has is told with its address', async () => {
  const other = createServer()
  const port = await new Promise<number>((resolve, reject) => {
    other.listen(0, '127.0.0.1', () => {
      const address = other.address()
      if (address === null || typeof address === 'string') reject(new Error('it listens nowhere'))
      else resolve(address.port)
    })
  })
  const opening = listenAt(fastify(), { host: '127.0.0.1', port })
  await expect(opening).rejects.toMatchObject({ code: 'CONSOLE_PORT_TAKEN', params: { host: '127.0.0.1', port } })
  other.close()
})

test('an address that this machine has not is told', async () => {
  // TEST-NET-1 (RFC 5737): nobody's.
  const opening = listenAt(fastify(), { host: '192.0.2.1', port: 0 })
  await expect(opening).rejects.toMatchObject({ code: 'CONSOLE_ADDRESS_NOT_HERE' })
})

test('a port below 1024 without the right to it is told', async () => {
  const refused = Object.assign(new Error('listen EACCES'), { code: 'EACCES' })
  const opening = listenAt({ listen: () => Promise.reject(refused) }, { host: '127.0.0.1', port: 443 })
  await expect(opening).rejects.toMatchObject({ code: 'CONSOLE_PORT_RESERVED', cause: refused })
})
