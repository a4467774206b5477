import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, Server } from 'node:net'

/** Below those that the kernel hands out by itself (from 32,768), above what servers of this machine have. */
const range = { from: 10_000, to: 20_000 }

/**
 * A port for a program that cannot be told to take any, and say which. Whoever asks the kernel for one is not given it:
 * between this look and the program's own nobody takes it but by the same chance.
 * @param transport which the program will bind: a number may be free for datagrams and taken by a connection
 */
export async function freePort(address: string, transport: 'udp' | 'tcp'): Promise<number> {
  for (let tries = 0; tries < 100; tries += 1) {
    const port = range.from + Math.floor(Math.random() * (range.to - range.from))
    if (await isFree(address, port, transport)) return port
  }
  throw new Error(`no free ${transport} port at ${address}`)
}

async function isFree(address: string, port: number, transport: 'udp' | 'tcp'): Promise<boolean> {
  const socket = transport === 'udp' ? createSocket('udp4') : createServer()
  if (socket instanceof Server) socket.listen(port, address)
  else socket.bind(port, address)
  try {
    await once(socket, 'listening')
  } catch {
    return false
  }
  socket.close()
  await once(socket, 'close')
  return true
}
