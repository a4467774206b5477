/** Two channels that talk to each other, and channels that are sent elsewhere: `uuid_bridge`, `uuid_transfer`. */
import { expect, test } from 'vitest'
import { toneLevel } from '../harness/tones.ts'
import { expectToHear } from './desk-phone.ts'
import { openDesk } from './wire/desk-tests.ts'
import type { MediaCall } from './wire/media-desk.ts'

const at = openDesk()
const tones = [400, 700]

/** Two calls that hum 400 and 700 Hz and have been bridged. */
function onBridge(name: string, run: (a: MediaCall, b: MediaCall) => Promise<void>): void {
  test.concurrent(name, async () => {
    const [a, b] = await Promise.all([at.desk.call({ hum: 400 }), at.desk.call({ hum: 700 })])
    try {
      expect(await a.watch.api(`uuid_bridge ${a.uuid} ${b.uuid}`)).toBe(`+OK ${b.uuid}\n`)
      await a.event('CHANNEL_BRIDGE', { 'Bridge-A-Unique-ID': a.uuid, 'Bridge-B-Unique-ID': b.uuid })
      await run(a, b)
    } finally {
      await Promise.all([a.end(), b.end()])
    }
  })
}

onBridge('who is bridged hears the other, and not itself', async (a, b) => {
  await Promise.all([expectToHear(a.phone.rtp, [700], tones), expectToHear(b.phone.rtp, [400], tones)])
  expect(await a.variable('bridge_uuid')).toBe(b.uuid)
})

onBridge('when one hangs up, so is the other', async (a, b) => {
  await a.phone.hangUp()
  await Promise.all([a.over(), b.over()])
  expect(b.story()).toContain('HANGUP NORMAL_CLEARING')
})

onBridge('both are sent to wait, and hear each other no more', async (a, b) => {
  a.mark()
  b.mark()
  expect(await a.api('uuid_transfer', '-both park inline')).toBe('+OK\n')
  await Promise.all([a.event('CHANNEL_PARK'), b.event('CHANNEL_PARK')])
  await a.watch.api('msleep 300')
  const marks = [a, b].map((call) => call.phone.rtp.heard.length)
  await a.watch.api('msleep 300')
  const heard = [a, b].map((call, which) => toneLevel(call.phone.rtp.samples(marks[which]), which === 0 ? 700 : 400))
  expect(Math.max(...heard)).toBeLessThan(250)
})

at.onCall('a channel that plays is sent elsewhere: what is there runs, and then it is hung up', async (call) => {
  await call.play(at.long)
  expect(await call.api('uuid_transfer', 'set:a=1,hangup:USER_BUSY inline')).toBe('+OK\n')
  await call.over()
  const story = call.story()
  const begun = story.indexOf('EXECUTE set')
  expect(story.slice(begun, begun + 5)).toEqual([
    'EXECUTE set',
    'COMPLETE set _none_',
    'EXECUTE hangup',
    'HANGUP USER_BUSY',
    'COMPLETE hangup _none_',
  ])
  expect(story.slice(-2)).toEqual(['HANGUP_COMPLETE', 'DESTROY'])
  expect(story).not.toContain('UNPARK')
})

at.onCall('a channel that is not there can neither be bridged nor sent', async (call) => {
  expect(await call.watch.api('uuid_bridge')).toBe('-USAGE: <uuid> <other_uuid>\n')
  expect(await call.watch.api('uuid_bridge nope nope')).toBe('-ERR Invalid uuid\n')
  expect(await call.api('uuid_bridge', 'nope')).toBe('-ERR Invalid uuid\n')
  expect(await call.watch.api('uuid_transfer')).toBe(
    '-USAGE: <uuid> [-bleg|-both] <dest-exten> [<dialplan>] [<context>]\n',
  )
  expect(await call.watch.api('uuid_transfer nope park inline')).toBe('-ERR No such channel!\n')
})
