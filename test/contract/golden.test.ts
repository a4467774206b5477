/**
 * Golden transcripts: what the real pair said once, asked again with the same words. The same answers, the same events
 * in the same order, the same headers with the same values, but for those listed in golden/differences.ts with their
 * reason.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { comparable } from './golden/differences.ts'
import { drachtioScripts, runDrachtioScript } from './golden/drachtio-scripts.ts'
import { eventSocketScripts, runEventSocketScript } from './golden/event-socket-scripts.ts'
import { type GoldenFile, restore, type Said } from './golden/transcript.ts'
import { isReal, openPair, type Pair } from './pair.ts'
import { sipAddressOf } from './register-client.ts'
import { MediaDesk } from './wire/media-desk.ts'

let pair: Pair
let desk: MediaDesk
let address: { host: string; port: number }

beforeAll(async () => {
  pair = await openPair()
  desk = await MediaDesk.open(pair)
  address = await sipAddressOf(pair.drachtio)
})
afterAll(async () => {
  await desk?.close()
  await pair?.close()
})

async function golden(file: string, script: string): Promise<readonly Said[]> {
  const stored: GoldenFile = JSON.parse(await readFile(join(import.meta.dirname, '../fixtures/golden', file), 'utf8'))
  return restore(stored.scripts.find(({ name }) => name === script)?.said ?? [])
}

test.concurrent.each(eventSocketScripts)('the event socket: %s', async (name) => {
  const wanted = comparable(await golden('event-socket.json', name))
  expect(wanted.length).toBeGreaterThan(5)
  const said = comparable(await runEventSocketScript(name, desk))
  if (isReal) expect(hangUpFirst(said)).toEqual(hangUpFirst(wanted))
  else expect(said).toEqual(wanted)
})

test.each(drachtioScripts)('drachtio: %s', async (name) => {
  const wanted = comparable(await golden('drachtio.json', name))
  expect(wanted.length).toBeGreaterThan(5)
  expect(comparable(await runDrachtioScript(name, pair, address))).toEqual(wanted)
})

/**
 * The real server tells of a hang-up in the thread that makes it, while the channel's own thread tells what it ends: what
 * comes first is luck, and CHANNEL_HANGUP was once the last but two. Put before whatever says that the channel is hung up.
 */
function hangUpFirst(said: readonly Said[]): readonly Said[] {
  const hangUp = said.find(({ what }) => what === 'CHANNEL_HANGUP')
  if (hangUp === undefined) return said
  const others = said.filter((one) => one !== hangUp)
  const first = others.findIndex(({ headers }) => headers['Answer-State'] === 'hangup')
  return others.toSpliced(first === -1 ? others.length : first, 0, hangUp)
}
