/**
 * What a test may do to a running softswitch, over a socket of its own that is there only when a setting names it: a
 * path in a folder that nobody but its owner can enter. One JSON object a line, answered by one.
 */
import { chmod, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { createInterface } from 'node:readline'
import type { BadNetwork } from './impairment.ts'

export type ServerName = 'drachtio' | 'event-socket'

/** One turn of a knob; each stands until it is turned again. */
export type Knob =
  | ({ readonly knob: 'network'; readonly of: 'sip' | 'rtp' } & Partial<BadNetwork>)
  /** `stopped`: connections are cut and new ones turned away. `deaf`: what clients send is not read. */
  | { readonly knob: 'server'; readonly server: ServerName; readonly state: 'up' | 'stopped' | 'deaf' }
  /** Commands of the event socket that begin so are taken and never answered; an empty text: none. */
  | { readonly knob: 'stuck'; readonly command: string }

/** @throws the system's error when the path cannot be used */
export async function openKnobs(path: string, turn: (knob: Knob) => void): Promise<{ close(): Promise<void> }> {
  await rm(path, { force: true })
  const server: Server = createServer((socket) => {
    socket.on('error', () => {})
    createInterface({ input: socket }).on('line', (line) => {
      const knob = readKnob(line)
      if (knob !== null) turn(knob)
      socket.write(`${JSON.stringify({ ok: knob !== null })}\n`)
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
  await chmod(path, 0o600)
  return {
    close: async () => {
      server.close()
      await rm(path, { force: true })
    },
  }
}

function readKnob(line: string): Knob | null {
  try {
    const value: unknown = JSON.parse(line)
    return isKnob(value) ? value : null
  } catch {
    return null
  }
}

function isKnob(value: unknown): value is Knob {
  if (typeof value !== 'object' || value === null || !('knob' in value)) return false
  switch (value.knob) {
    case 'network': {
      const { knob, of, ...numbers } = value as Record<string, unknown>
      const known = ['lossPercent', 'delayMs', 'latePercent', 'lateMs']
      const isGood = ([key, number]: [string, unknown]) =>
        known.includes(key) && typeof number === 'number' && number >= 0 && number <= 60_000
      return (of === 'sip' || of === 'rtp') && knob === 'network' && Object.entries(numbers).every(isGood)
    }
    case 'server':
      return (
        'server' in value &&
        (value.server === 'drachtio' || value.server === 'event-socket') &&
        'state' in value &&
        ['up', 'stopped', 'deaf'].includes(String(value.state))
      )
    case 'stuck':
      return 'command' in value && typeof value.command === 'string'
    default:
      return false
  }
}
