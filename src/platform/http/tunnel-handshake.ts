import { connect, type Socket } from 'node:net'
import type { Clock } from '#platform/clock.ts'
import { OperationalError } from '#platform/errors/errors.ts'
import './http-errors.ts'

export interface Handshake {
  readonly target: { readonly host: string; readonly port: number }
  readonly protocol: string
  /** The page's, since the page checks the answer to it. */
  readonly key: string
  readonly clock: Clock
}

export interface ShakenHands {
  readonly inside: Socket
  /** What the server answered, headers and all: for the page. */
  readonly answer: Buffer
  /** What it said right after. */
  readonly rest: Buffer
}

const limitMs = 5_000
const longestAnswer = 8_192
const keepAliveMs = 30_000

/**
 * Asks a WebSocket server for a connection in a page's stead: the page's key, and none of its cookies or extensions.
 * @throws OperationalError TUNNEL_BROKEN
 */
export async function shakeHands({ target, protocol, key, clock }: Handshake): Promise<ShakenHands> {
  const { host, port } = target
  const inside = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveMs })
  const timer = clock.setTimeout(() => inside.destroy(new Error('no answer in time')), limitMs)
  try {
    inside.write(
      [
        'GET / HTTP/1.1',
        `Host: ${host.includes(':') ? `[${host}]` : host}:${port}`,
        'Upgrade: websocket',
        'Connection: Upgrade',
        `Sec-WebSocket-Key: ${key}`,
        'Sec-WebSocket-Version: 13',
        `Sec-WebSocket-Protocol: ${protocol}`,
        '',
        '',
      ].join('\r\n'),
    )
    const { answer, rest } = await readAnswer(inside)
    const status = /^HTTP\/1\.1 (\d{3})/.exec(answer.toString('latin1'))?.[1]
    if (status !== '101') throw new Error(`answered ${status ?? 'nothing readable'}`)
    return { inside, answer, rest }
  } catch (error) {
    inside.destroy()
    const reason = error instanceof Error ? error.message : String(error)
    throw new OperationalError('TUNNEL_BROKEN', { address: `${host}:${port}`, reason }, { cause: error })
  } finally {
    clock.clearTimeout(timer)
  }
}

/** Up to the empty line, and what came with it; the socket is left paused. */
function readAnswer(inside: Socket): Promise<{ readonly answer: Buffer; readonly rest: Buffer }> {
  return new Promise((resolve, reject) => {
    let read = Buffer.alloc(0)
    const onEnd = () => settle(() => reject(new Error('closed the connection')))
    const onData = (chunk: Buffer) => {
      read = Buffer.concat([read, chunk])
      const end = read.indexOf('\r\n\r\n')
      if (end >= 0) settle(() => resolve({ answer: read.subarray(0, end + 4), rest: read.subarray(end + 4) }))
      else if (read.length > longestAnswer) settle(() => reject(new Error('answered at too great length')))
    }
    const settle = (how: () => void) => {
      inside.off('data', onData).off('error', reject).off('close', onEnd)
      inside.pause()
      how()
    }
    inside.on('data', onData).on('error', reject).on('close', onEnd)
  })
}
