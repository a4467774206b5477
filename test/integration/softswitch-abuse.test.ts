/**
 * What strangers send to the softswitch as a process: refused or not even answered, counted, told once a burst, and the
 * calls of others go on.
 */
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { frame } from '#softswitch/drachtio/frame.ts'
import type { RefusalKind } from '#softswitch/refusal-book.ts'
import { Attacker } from '../harness/attacker.ts'
import { waitFor } from '../harness/wait-for.ts'
import { openWatchedSoftswitch, type WatchedSoftswitch } from '../harness/watched-softswitch.ts'
import { PlainCalls } from '../load/plain-calls.ts'

let softswitch: WatchedSoftswitch
let calls: PlainCalls
let attacker: Attacker

beforeAll(async () => {
  // Transactions are over within a second and a half.
  softswitch = await openWatchedSoftswitch({ sipT1Ms: 20 })
  calls = await PlainCalls.open(softswitch.state)
  attacker = await Attacker.open()
})
afterAll(async () => {
  attacker?.close()
  await calls?.close()
  await softswitch?.close()
})

const refused = async () => (await softswitch.holding()).refused

/** Sends until so many have been refused: a datagram may be lost on its way. */
function sendUntil(kind: RefusalKind, count: number, port: number, one: () => Buffer): Promise<unknown> {
  return waitFor(
    async () => {
      await attacker.send(port, Array.from({ length: 150 }, one))
      return (await refused())[kind] >= count
    },
    { what: `${count} of ${kind}` },
  )
}

/** The lines of the log that tell of one kind. */
function told(kind: string): readonly { readonly address: string }[] {
  return softswitch.log
    .filter((line) => line.includes('"message":"refused"'))
    .map((line): { kind: string; address: string } => JSON.parse(line))
    .filter((line) => line.kind === kind)
}

async function callAsUsual(): Promise<void> {
  const [call, leg] = await Promise.all([calls.toApplication(), calls.toMedia()])
  await Promise.all([call.bye(), leg.call.bye()])
}

const many = 1_500

test('of a flood of scans from one address a few are answered, and calls of others go through in its midst', async () => {
  const { drachtio, freeswitch } = softswitch.state
  const scans = (method: 'INVITE' | 'OPTIONS' | 'REGISTER') => Array.from({ length: many }, () => attacker.scan(method))
  const flood = async () => {
    await attacker.send(drachtio.sipPort, scans('INVITE'))
    await attacker.send(drachtio.sipPort, scans('OPTIONS'))
    await attacker.send(drachtio.sipPort, scans('REGISTER'))
    await attacker.send(freeswitch.sipPort, scans('INVITE'))
  }
  await Promise.all([flood(), callAsUsual(), callAsUsual()])
  await callAsUsual()
  const { sip_flood, sip_unwanted } = await refused()
  expect(sip_flood).toBeGreaterThan(many)
  expect(sip_unwanted).toBeGreaterThan(0)
  expect(told('sip_flood')).toMatchObject([{ address: attacker.address }])
  expect(told('sip_unwanted')).toMatchObject([{ address: attacker.address }])
  const { transactions, dialogs } = await softswitch.atRest(20_000)
  expect({ transactions, dialogs }).toEqual({ transactions: 0, dialogs: 0 })
})

test('what is no SIP is counted, and told once', async () => {
  await sendUntil('sip_unreadable', many, softswitch.state.drachtio.sipPort, () => attacker.rubbish())
  expect(told('sip_unreadable')).toMatchObject([{ address: attacker.address }])
  await callAsUsual()
})

test('sound from a stranger is not taken for the far end’s', async () => {
  const leg = await calls.toMedia()
  await sendUntil('rtp_stranger', 300, leg.port, () => attacker.sound())
  expect(told('rtp_stranger')).toMatchObject([{ address: attacker.address }])
  await leg.call.bye()
})

test('who has not the secret is sent away at both control ports, and who has it is served', async () => {
  const { drachtio, freeswitch } = softswitch.state
  const knock = async (port: number, words: Buffer | string) => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.on('error', () => {})
    socket.resume()
    socket.write(words)
    await once(socket, 'close')
  }
  for (let tries = 0; tries < 20; tries += 1) {
    await knock(freeswitch.port, 'auth ClueCon\n\n')
    await knock(drachtio.port, frame('1|authenticate|cymru|'))
    await knock(drachtio.port, frame('1|route|invite'))
  }
  expect(await refused()).toMatchObject({ event_socket_secret: 20, drachtio_secret: 40 })
  expect([told('event_socket_secret').length, told('drachtio_secret').length]).toEqual([1, 1])
  await calls.api('status', 'UP ')
  expect(softswitch.exitCode).toBeUndefined()
  expect(softswitch.log.filter((line) => line.includes('fault'))).toEqual([])
})
