/** What tests may do to a running softswitch: its knobs do what they say, and without the setting there are none. */
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Knob } from '#softswitch/chaos/knobs.ts'
import { openSoftswitch, type SoftswitchProcess } from '#softswitch/softswitch-process.ts'
import { testFolder } from '../harness/folder.ts'
import { turnKnob } from '../harness/turn-knob.ts'
import { waitFor } from '../harness/wait-for.ts'
import { PlainCalls } from '../load/plain-calls.ts'

let folder: Awaited<ReturnType<typeof testFolder>>
let softswitch: SoftswitchProcess
let calls: PlainCalls
const turn = (knob: Knob) => turnKnob(join(folder.path, 'chaos'), knob)

beforeAll(async () => {
  folder = await testFolder()
  softswitch = await openSoftswitch({ settings: { chaosSocket: join(folder.path, 'chaos') } })
  calls = await PlainCalls.open(softswitch.state, 'tone_stream://%(1000,0,400);loops=-1')
})
afterAll(async () => {
  await calls?.close()
  await softswitch?.close()
  await folder?.close()
})

/** Also by an error, which `once` would throw. */
function closed(socket: Socket): Promise<unknown> {
  return new Promise((resolve) => socket.once('close', resolve))
}

/** A client of the event socket that has said who it is. */
async function client(): Promise<{ socket: Socket; heard: () => string }> {
  const { host, port, secret } = softswitch.state.freeswitch
  const socket = connect({ host, port })
  socket.on('error', () => {})
  let text = ''
  socket.on('data', (bytes) => {
    text += String(bytes)
  })
  socket.write(`auth ${secret}\n\n`)
  await waitFor(() => text.includes('+OK accepted'), { what: 'the sign-in' })
  return { socket, heard: () => text }
}

describe('a bad network', () => {
  test('for sound loses packets and has others overtaken', async () => {
    const leg = await calls.toMedia()
    await turn({ knob: 'network', of: 'rtp', lossPercent: 30, latePercent: 30, lateMs: 50 })
    const sequences: number[] = []
    calls.media.on('message', (packet) => sequences.push(packet.readUInt16BE(2)))
    await waitFor(() => sequences.length >= 100, { what: 'a hundred packets' })
    calls.media.removeAllListeners('message')
    await turn({ knob: 'network', of: 'rtp' })
    const inOrder = sequences.toSorted((one, other) => one - other)
    expect(sequences).not.toEqual(inOrder)
    expect((inOrder.at(-1) ?? 0) - (inOrder[0] ?? 0)).toBeGreaterThan(110)
    await leg.call.bye()
  })

  test('for signalling loses messages, which are sent again', async () => {
    await turn({ knob: 'network', of: 'sip', lossPercent: 25, delayMs: 5 })
    const call = await calls.toApplication()
    await call.bye()
    await turn({ knob: 'network', of: 'sip' })
  })
})

describe('a server', () => {
  test('that is stopped lets go of its clients and takes none, until it is up', async () => {
    const { socket } = await client()
    const gone = closed(socket)
    await turn({ knob: 'server', server: 'event-socket', state: 'stopped' })
    await gone
    const refused = connect({ host: '127.0.0.1', port: softswitch.state.freeswitch.port })
    refused.on('error', () => {})
    refused.resume()
    await closed(refused)
    expect(refused.bytesRead).toBe(0)
    await turn({ knob: 'server', server: 'event-socket', state: 'up' })
    await calls.api('status', 'UP ')
  })

  test('that does not read answers what it was asked when it reads again', async () => {
    const { socket, heard } = await client()
    await turn({ knob: 'server', server: 'event-socket', state: 'deaf' })
    socket.write('api version\n\n')
    await turn({ knob: 'server', server: 'event-socket', state: 'up' })
    await waitFor(() => heard().includes('FreeSWITCH Version'), { what: 'the answer' })
    socket.destroy()
  })

  test('that hangs in a command answers others', async () => {
    await turn({ knob: 'stuck', command: 'api version' })
    const { socket, heard } = await client()
    socket.write('api version\n\napi uuid_exists nobody\n\n')
    await waitFor(() => heard().includes('false'), { what: 'the answer to the other' })
    expect(heard()).not.toContain('FreeSWITCH Version')
    await turn({ knob: 'stuck', command: '' })
    socket.destroy()
    await calls.api('version', 'FreeSWITCH Version')
  })
})

test('what is no knob is not turned', async () => {
  const wrong = { knob: 'network', of: 'rtp', lossPercent: 'much' } as unknown as Knob
  await expect(turn(wrong)).rejects.toThrow('not understood')
})
