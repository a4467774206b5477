/** Tones that a channel is listened to for, how loud it is, and what needs a voice that neither server has. */
import { expect, test } from 'vitest'
import { toneLevel } from '../harness/tones.ts'
import { isReal } from './pair.ts'
import { openDesk } from './wire/desk-tests.ts'
import type { EventSocketClient } from './wire/event-socket-client.ts'
import type { MediaCall } from './wire/media-desk.ts'

const at = openDesk()

/** A connection that is told of tones, twice of each: once without a word of the channel, and once as its event. */
async function toneListener(): Promise<EventSocketClient> {
  const listener = await at.desk.signIn()
  await listener.command('event plain DETECTED_TONE')
  return listener
}

const told = (listener: EventSocketClient, key: string) => () =>
  listener.events.filter((event) => event.get('Detected-Tone') === key && event.get('Unique-ID') !== undefined).length

/** Peak of a tone in what the telephone hears from now on. */
async function heardLevel(call: MediaCall, frequency: number): Promise<number> {
  const { rtp } = call.phone
  const mark = rtp.heard.length
  await rtp.until(() => rtp.samples(mark).length >= 4_800)
  return toneLevel(rtp.samples(mark).subarray(2_400, 4_800), frequency)
}

test('tone_detect has no words for too few of them', async () => {
  const { control } = at.desk
  expect(await control.api('tone_detect')).toBe('-ERR no reply\n')
  expect(await control.api('tone_detect nope fax')).toBe('-ERR no reply\n')
  expect(await control.api('tone_detect nope fax 1100')).toBe('-ERR Cannot locate session!\n')
})

at.onCall('a tone of the far end is told once, and again when it is asked for again', async (call) => {
  const listener = await toneListener()
  const key = `mine-${call.uuid.slice(0, 8)}`
  expect(await call.api('tone_detect', `${key} 620 r +60`)).toBe(`+OK Enabling tone detection '${key}' '620' 'r'\n`)
  call.phone.talk(call.answer, 620)
  await listener.until(() => told(listener, key)() === 1, 'the tone')
  expect(Number(await call.variable(`tone_detect_${key}_total_time`))).toBeGreaterThan(0)
  await call.execute('tone_detect', `${key} 620 r`)
  await listener.until(() => told(listener, key)() === 2, 'the tone again')
  listener.close()
})

at.onCall('a tone that is heard executes what it was to execute, and nothing once it is stopped', async (call) => {
  const listener = await toneListener()
  const key = `runs-${call.uuid.slice(0, 8)}`
  await call.execute('tone_detect', `never-${key} 700 r`)
  await call.execute('stop_tone_detect')
  await call.execute('tone_detect', `${key} 700 r +60 set heard=yes`)
  call.phone.talk(call.answer, 700)
  await call.event('CHANNEL_EXECUTE_COMPLETE', { Application: 'set', 'Application-Data': 'heard=yes' })
  await listener.until(() => told(listener, key)() === 1, 'the tone')
  expect(told(listener, `never-${key}`)()).toBe(0)
  expect(await call.variable('heard')).toBe('yes')
  listener.close()
})

at.onCall('uuid_audio makes what is heard louder and quieter by steps', async (call) => {
  await call.play(at.long)
  const plain = await heardLevel(call, 500)
  const levels: Record<string, number> = {}
  for (const step of ['2', '-4', '9']) {
    expect(await call.api('uuid_audio', `start write level ${step}`)).toBe('+OK\n')
    levels[step] = (await heardLevel(call, 500)) / plain
  }
  expect(await call.api('uuid_audio', 'stop')).toBe('+OK\n')
  const after = (await heardLevel(call, 500)) / plain
  expect(levels['2']).toBeGreaterThan(2.1)
  expect(levels['2']).toBeLessThan(2.5)
  expect(levels['-4']).toBeCloseTo(0.2, 1)
  // A step that is not there changes nothing.
  expect(levels['9']).toBeCloseTo(0.2, 1)
  expect(after).toBeCloseTo(1, 1)
})

at.onCall('a play is sought, paused and ended while it is heard', async (call) => {
  const steer = (what: string) => call.api('uuid_fileman', what)
  expect(await steer('pause')).toBe('-ERR No file handle!\n')
  const play = await call.play(at.long)
  expect(await steer('pause')).toBe('+OK\n')
  expect(await heardLevel(call, 500)).toBeLessThan(100)
  expect(await steer('pause')).toBe('+OK\n')
  expect(await steer('no such thing')).toBe('+OK\n')
  expect(await heardLevel(call, 500)).toBeGreaterThan(7_000)
  // Of 20 s: what is left is soon over.
  expect(await steer('seek:19500')).toBe('+OK\n')
  expect((await call.completed(play)).get('Application-Response')).toBe('FILE PLAYED')
  const again = await call.play(at.long)
  expect(await steer('stop')).toBe('+OK\n')
  expect((await call.completed(again)).get('Application-Response')).toBe('FILE PLAYED')
  expect(call.story().filter((what) => what.startsWith('PLAYBACK_STOP'))).toEqual([
    'PLAYBACK_STOP done',
    'PLAYBACK_STOP done',
  ])
})

at.onCall('a play twice as fast is heard in half the time', async (call) => {
  const mark = call.phone.rtp.heard.length
  const play = await call.play(await at.desk.tone(900, 1500))
  await call.api('uuid_fileman', 'speed:2')
  await call.completed(play)
  expect(call.phone.rtp.samples(mark).length).toBeGreaterThan(5_000)
  // Of 12,000; the order may come late.
  expect(call.phone.rtp.samples(mark).length).toBeLessThan(10_500)
})

at.onCall('a file stands in the place of what is played, or is mixed with it', async (call) => {
  const displace = (what: string) => call.api('uuid_displace', what)
  expect(await displace('start')).toBe('-USAGE: <uuid> [start|stop] <path> [<limit>] [mux]\n')
  expect(await displace('start /nope.wav')).toBe('-ERR Cannot displace session!\n')
  expect(await displace(`stop ${at.long}`)).toBe('-ERR Cannot stop displace session!\n')
  await call.begin('playback', await at.desk.tone(900, 20_000))
  await call.event('PLAYBACK_START')
  expect(await displace(`start ${at.long}`)).toBe('+OK Success\n')
  expect(await displace(`start ${at.long}`)).toBe('-ERR Cannot displace session!\n')
  expect([await heardLevel(call, 500), await heardLevel(call, 900)].map((level) => level > 7_000)).toEqual([
    true,
    false,
  ])
  expect(await displace(`stop ${at.long}`)).toBe('+OK Success\n')
  expect(await heardLevel(call, 500)).toBeLessThan(100)
  await call.start('displace_session', `${at.long} m`)
  expect([await heardLevel(call, 500), await heardLevel(call, 900)].map((level) => level > 7_000)).toEqual([true, true])
  await call.start('stop_displace_session', at.long)
  expect(await heardLevel(call, 500)).toBeLessThan(100)
})

at.onCall('what cannot be said is not said; speech without an engine’s name ends the channel', async (call) => {
  const words = async (application: string, argument: string) =>
    (await call.execute(application, argument)).get('Application-Response')
  expect(await words('say', 'en number pronounced 12')).toBe('_none_')
  expect(await words('speak', 'flite|kal|hello')).toBe('_none_')
  expect(call.story().filter((what) => what.startsWith('PLAYBACK'))).toEqual([])
  await call.begin('speak', 'hello')
  expect((await call.event('CHANNEL_HANGUP')).get('Hangup-Cause')).toBe('DESTINATION_OUT_OF_ORDER')
})

if (isReal) {
  test('a server without mod_avmd says that it has no such command', async () => {
    expect(await at.desk.control.api('avmd nope start')).toBe('-ERR avmd Command not found!\n')
  })
}
