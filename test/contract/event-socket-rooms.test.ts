/**
 * Recordings of rooms: `conference <name> record` and its kin, what is told of them, and what their files hold; and what
 * of members no other file asks.
 */
import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { toneLevel } from '../harness/tones.ts'
import { openDesk } from './wire/desk-tests.ts'
import type { EslEvent, EventSocketClient } from './wire/event-socket-client.ts'
import type { MediaCall } from './wire/media-desk.ts'

const at = openDesk()
const tones = [400, 700]
const loud = 2_000
const quiet = 250
let last = 0

interface Room {
  readonly name: string
  readonly path: string
  readonly calls: readonly MediaCall[]
  readonly watch: EventSocketClient
  /** Body of the answer to `conference <name> …`. */
  say(command: string): Promise<string>
  told(action: string, path?: string): Promise<EslEvent>
  /** What was told of recordings. */
  story(): readonly string[]
}

/** A room of two who hum 400 and 700 Hz. */
function onRoom(name: string, run: (room: Room) => Promise<void>): void {
  test.concurrent(name, async () => {
    const room = `recorded-${process.pid}-${last++}`
    const watch = await at.desk.signIn()
    await watch.command(`filter Conference-Name ${room}`)
    await watch.command('event plain CUSTOM conference::maintenance')
    const calls = await Promise.all(tones.map((hum) => at.desk.call({ hum })))
    try {
      for (const [nth, call] of calls.entries()) {
        await call.begin('conference', `${room}@default`)
        await watch.until(
          () => watch.events.filter((event) => event.get('Action') === 'add-member').length === nth + 1,
          'a member',
        )
      }
      await run({
        name: room,
        path: `${at.desk.folder}/${room}.wav`,
        calls,
        watch,
        say: (command) => watch.api(`conference ${room} ${command}`),
        told: (action, path) =>
          watch.event(
            (event) => event.get('Action') === action && (path ?? event.get('Path')) === event.get('Path'),
            action,
          ),
        story: () =>
          watch.events.map((event) => event.get('Action') ?? '').filter((action) => action.includes('recording')),
      })
    } finally {
      await Promise.all(calls.map((call) => call.end()))
      watch.close()
    }
  })
}

/** Both are heard for so long. */
async function talk(room: Room, packets: number): Promise<void> {
  await Promise.all(
    room.calls.map(({ phone }) => {
      const wanted = phone.rtp.heard.length + packets
      return phone.rtp.until(() => phone.rtp.heard.length >= wanted)
    }),
  )
}

/** Channels of a WAV file and its samples. */
async function wavAt(path: string): Promise<{ channels: number; samples: Int16Array }> {
  const bytes = await readFile(path)
  const data = bytes.indexOf('data') + 8
  const whole = bytes.subarray(data, data + 2 * Math.floor((bytes.length - data) / 2))
  return {
    channels: bytes.readUInt16LE(22),
    samples: new Int16Array(whole.buffer.slice(whole.byteOffset, whole.byteOffset + whole.length)),
  }
}

onRoom('a recording holds everybody on one channel, and both its ends are told', async (room) => {
  expect(await room.say(`record ${room.path}`)).toBe(`+OK Record file ${room.path}\n`)
  const started = await room.told('start-recording')
  expect([started.get('Path'), started.get('Error')]).toEqual([room.path, undefined])
  await talk(room, 25)
  expect(await room.say(`norecord ${room.path}`)).toMatch(new RegExp(`^Stopped recording file ${room.path}\n\\+OK `))
  const stopped = await room.told('stop-recording')
  const { channels, samples } = await wavAt(room.path)
  expect(channels).toBe(1)
  expect([stopped.get('Samplerate'), Number(stopped.get('Samples-Out'))]).toEqual(['8000', samples.length])
  expect(tones.map((tone) => toneLevel(samples, tone) > loud)).toEqual([true, true])
  expect(room.story()).toEqual(['start-recording', 'stop-recording'])
})

onRoom('a recording stays on one channel, whatever its members ask of theirs', async (room) => {
  for (const call of room.calls) await call.api('uuid_setvar', 'RECORD_STEREO true')
  await room.say(`recording start ${room.path}`)
  await room.told('start-recording')
  await talk(room, 10)
  await room.say(`recording stop ${room.path}`)
  await room.told('stop-recording')
  expect((await wavAt(room.path)).channels).toBe(1)
})

onRoom('a file is recorded once at a time, and another beside it', async (room) => {
  const other = `${room.path}.other.wav`
  await room.say(`record ${room.path}`)
  await room.told('start-recording', room.path)
  expect(await room.say(`record ${room.path}`)).toBe(`-ERR file [${room.path}] is already being used for recording.\n`)
  await room.say(`record ${other}`)
  await room.told('start-recording', other)
  expect((await room.say('chkrecord')).split('\n').filter(Boolean).toSorted()).toEqual(
    [room.path, other].map((path) => `+OK Record file ${path}`).toSorted(),
  )
  const stopped = await room.say('norecord all')
  for (const path of [room.path, other]) {
    expect(stopped).toContain(`Stopped recording file ${path}\n`)
    await room.told('stop-recording', path)
  }
  expect(await room.say('recording check')).toBe('-ERR Conference is not being recorded.\n')
  expect([room.path, other].map((path) => existsSync(path))).toEqual([true, true])
})

onRoom('what is said while a recording pauses is not in it', async (room) => {
  await room.say(`recording start ${room.path}`)
  await room.told('start-recording')
  expect(await room.say(`recording pause ${room.path}`)).toBe(`+OK Pause recording file ${room.path}\n`)
  expect((await room.told('pause-recording')).get('Other-Recordings')).toBe('true')
  await talk(room, 50)
  expect(await room.say(`recording resume ${room.path}`)).toBe(`+OK Resume recording file ${room.path}\n`)
  await room.told('resume-recording')
  await talk(room, 15)
  await room.say(`recording stop ${room.path}`)
  await room.told('stop-recording')
  const { samples } = await wavAt(room.path)
  expect(samples.length).toBeLessThan(8_000)
  expect(samples.length).toBeGreaterThan(1_600)
})

onRoom('a recording that is not there is said so', async (room) => {
  expect(await room.say('norecord nothing')).toBe(
    "-ERR non-existant recording 'nothing'\n+OK Stopped recording 0 files\n",
  )
  expect(await room.say('recording pause nothing')).toBe(
    "+OK Pause recording file nothing\n-ERR non-existant recording 'nothing'\n",
  )
  expect(room.story()).toEqual([])
})

for (const [where, folder] of [
  ['under /proc', '/proc/nowhere'],
  ['in place of a folder', 'a-folder'],
] as const) {
  onRoom(`a recording that cannot be written (${where}) is told to have failed and to be over`, async (room) => {
    const path = folder === 'a-folder' ? `${room.path}-folder.wav` : `${folder}/${room.name}.wav`
    if (folder === 'a-folder') await mkdir(path)
    expect(await room.say(`record ${path}`)).toBe(`+OK Record file ${path}\n`)
    const failed = await room.told('start-recording')
    expect([failed.get('Path'), failed.get('Error')]).toEqual([path, 'File could not be opened for recording'])
    const over = await room.told('stop-recording')
    expect([over.get('Path'), over.get('Samples-Out'), over.get('Milliseconds-Elapsed')]).toEqual([path, '0', '0'])
    expect(await room.say('list count')).toBe('2')
    expect(await room.say('chkrecord')).toBe('-ERR Conference is not being recorded.\n')
  })
}

onRoom('a recording ends with its room, and its file is whole', async (room) => {
  await room.say(`record ${room.path}`)
  await room.told('start-recording')
  await talk(room, 15)
  await Promise.all(room.calls.map((call) => call.end()))
  await room.told('stop-recording')
  expect(toneLevel((await wavAt(room.path)).samples.subarray(0, 1_600), 400)).toBeGreaterThan(quiet)
})

onRoom('a member is muted and unmuted by one word, held and taken back, and known by its channel', async (room) => {
  const [call] = room.calls
  const joined = room.watch.events.find((event) => event.get('Action') === 'add-member')
  const member = joined?.get('Member-ID')
  expect([call?.uuid, await room.say(`get-uuid ${member}`)]).toEqual([joined?.get('Unique-ID'), call?.uuid])
  const told = (action: string) => room.told(action).then((event) => event.get('Member-ID'))
  expect(await room.say(`tmute ${member}`)).toBe(`+OK mute ${member}\n`)
  expect(await told('mute-member')).toBe(member)
  expect(await room.say(`tmute ${member}`)).toBe(`+OK unmute ${member}\n`)
  expect(await told('unmute-member')).toBe(member)
  expect(await room.say(`hold ${member}`)).toBe(`+OK hold ${member}\n`)
  expect(await told('hold-member')).toBe(member)
  expect(await room.say(`unhold ${member}`)).toBe(`+OK unhold ${member}\n`)
  expect(await told('unhold-member')).toBe(member)
})
