/**
 * The floor under a latency: what this machine takes for nothing at all. A bench measures it in the same run, with its
 * programs up and before and after its load, so that the neighbours' noise is in it and the load's own is not.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import pg from 'pg'
import { io } from 'socket.io-client'

/** Milliseconds, one of each a sample. */
export interface Floor {
  /** How much later than asked a timer of 20 ms fires. */
  readonly timerLateness: readonly number[]
  /** A packet of speech's size to another process and back. */
  readonly udpRoundTrip: readonly number[]
  /** begin, take a transaction id, commit: its record is on the disk. Empty without a database. */
  readonly emptyCommit: readonly number[]
  /** A word over a bare socket.io connection to another process and back. Empty where it was not asked for. */
  readonly socketRoundTrip: readonly number[]
}

export interface FloorOptions {
  readonly samples: number
  /** Address of a database; absent, no commit is measured. */
  readonly url?: string
  /** Whether socket.io is measured; default no. */
  readonly socket?: boolean
}

const timerMs = 20
const answerLimitMs = 5_000

/** Takes about 25 ms a sample. @throws when an echo does not come back within five seconds */
export async function measureFloor({ samples, url, socket = false }: FloorOptions): Promise<Floor> {
  await using opened = new AsyncDisposableStack()
  const echo = await openEcho()
  opened.defer(() => echo.close())
  const client = url === undefined ? undefined : new pg.Client({ connectionString: url })
  await client?.connect()
  opened.defer(() => client?.end())
  const bare = socket ? await openSocketEcho() : undefined
  opened.defer(() => bare?.close())
  const timerLateness: number[] = []
  const udpRoundTrip: number[] = []
  const emptyCommit: number[] = []
  const socketRoundTrip: number[] = []
  for (let sample = 0; sample < samples; sample += 1) {
    const began = performance.now()
    await new Promise((resolve) => setTimeout(resolve, timerMs))
    timerLateness.push(Math.max(0, performance.now() - began - timerMs))
    udpRoundTrip.push(await timed(() => echo.roundTrip()))
    if (client !== undefined) {
      emptyCommit.push(await emptyCommitMs(client))
    }
    if (bare !== undefined) socketRoundTrip.push(await timed(() => bare.roundTrip()))
  }
  return { timerLateness, udpRoundTrip, emptyCommit, socketRoundTrip }
}

export function joinFloors(...floors: readonly Floor[]): Floor {
  return {
    timerLateness: floors.flatMap(({ timerLateness }) => timerLateness),
    udpRoundTrip: floors.flatMap(({ udpRoundTrip }) => udpRoundTrip),
    emptyCommit: floors.flatMap(({ emptyCommit }) => emptyCommit),
    socketRoundTrip: floors.flatMap(({ socketRoundTrip }) => socketRoundTrip),
  }
}

/** Milliseconds of `begin`, taking a transaction id, `commit`: its record is on the disk. */
export function emptyCommitMs(client: pg.Client): Promise<number> {
  return timed(() => client.query('begin; select pg_current_xact_id(); commit'))
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await run()
  return performance.now() - began
}

interface Echo {
  roundTrip(): Promise<void>
  close(): Promise<void>
}

async function openEcho(): Promise<Echo> {
  const child = await echoProcess('./udp-echo-process.ts')
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const packet = Buffer.alloc(172)
  return {
    async roundTrip() {
      const answer = once(socket, 'message', { signal: AbortSignal.timeout(answerLimitMs) })
      socket.send(packet, child.port, '127.0.0.1')
      await answer
    },
    async close() {
      socket.close()
      await child.close()
    },
  }
}

async function openSocketEcho(): Promise<Echo> {
  const child = await echoProcess('./socket-echo-process.ts')
  const socket = io(`http://127.0.0.1:${child.port}`, { transports: ['websocket'], forceNew: true })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('connect_error', reject)
  })
  return {
    async roundTrip() {
      await socket.timeout(answerLimitMs).emitWithAck('echo', { offset: 1, type: 'nothing' })
    },
    async close() {
      socket.disconnect()
      await child.close()
    },
  }
}

async function echoProcess(path: string): Promise<{ readonly port: number; close(): Promise<void> }> {
  const child: ChildProcess = fork(new URL(path, import.meta.url), { execArgv: [] })
  const [port] = await once(child, 'message', { signal: AbortSignal.timeout(10_000) })
  return {
    port: Number(port),
    async close() {
      const ended = once(child, 'exit')
      child.disconnect()
      await ended
    },
  }
}
