/** `record`, `record_session` and `uuid_record`: how they end, what is told of it, and what the file has. */
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { beforeAll, expect } from 'vitest'
import { readStereo } from '../harness/stereo.ts'
import { toneLevel } from '../harness/tones.ts'
import { openDesk } from './wire/desk-tests.ts'
import type { MediaCall } from './wire/media-desk.ts'

const patientTone = 400
const loud = 2_000
const quiet = 250

const at = openDesk()

beforeAll(() => writeFile(`${at.desk.folder}/a-file`, ''))

function onCall(name: string, run: (call: MediaCall, path: string) => Promise<void>, hum = patientTone): void {
  const prepared = async (call: MediaCall) => {
    await call.execute('set', 'RECORD_STEREO=true')
    call.mark()
    await run(call, `${at.desk.folder}/${call.uuid}.wav`)
  }
  at.onCall(name, prepared, { hum })
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

onCall('a recording ends at its limit', async (call, path) => {
  const done = await call.execute('record', `${path} 1`)
  expect(call.story()).toEqual(['EXECUTE record', 'RECORD_START', 'RECORD_STOP', 'COMPLETE record _none_'])
  // The real server looks at whole seconds of the clock, and its first packets come a little later.
  const milliseconds = Number(done.get('variable_record_ms'))
  expect(milliseconds).toBeGreaterThanOrEqual(900)
  expect(milliseconds).toBeLessThan(1_990)
  expect(done.get('variable_record_seconds')).toBe(String(Math.floor(milliseconds / 1_000)))
  expect(done.get('variable_silence_hits_exhausted')).toBe('false')
})

onCall(
  'a recording ends when it has been silent for long enough, and says so',
  async (call, path) => {
    const done = await call.execute('record', `${path} 20 500 1`)
    expect(done.get('variable_silence_hits_exhausted')).toBe('true')
  },
  0,
)

onCall('a recording ends by a break', async (call, path) => {
  const record = await call.start('record', path)
  await call.event('RECORD_START', { 'Record-File-Path': path })
  await wait(200)
  await call.break(record)
  expect(call.story()).toEqual(['EXECUTE record', 'RECORD_START', 'RECORD_STOP', 'COMPLETE record _none_'])
  expect(existsSync(path)).toBe(true)
})

onCall('a hang-up ends a recording before the channel, and its file is whole', async (call, path) => {
  await call.start('record', path)
  await call.event('RECORD_START')
  await wait(300)
  await call.api('uuid_kill', 'USER_BUSY')
  await call.over()
  expect(call.story().slice(2)).toEqual([
    'HANGUP USER_BUSY',
    'RECORD_STOP',
    'COMPLETE record _none_',
    'UNPARK',
    'COMPLETE socket _none_',
    'HANGUP_COMPLETE',
    'DESTROY',
  ])
  expect(existsSync(path)).toBe(true)
})

onCall('a play inside a recording leaves it going', async (call, path) => {
  const record = await call.start('record', path)
  await call.event('RECORD_START')
  await call.execute('playback', at.short)
  await call.break(record)
  expect(call.story()).toEqual([
    'EXECUTE record',
    'RECORD_START',
    'EXECUTE playback',
    'PLAYBACK_START',
    'PLAYBACK_STOP done',
    'COMPLETE playback FILE PLAYED',
    'RECORD_STOP',
    'COMPLETE record FILE PLAYED',
  ])
})

onCall('a recording that cannot be written ends the channel', async (call) => {
  await call.begin('record', `${at.desk.folder}/a-file/below.wav`)
  await call.over()
  expect(call.story().slice(0, 3)).toEqual([
    'EXECUTE record',
    'HANGUP DESTINATION_OUT_OF_ORDER',
    'COMPLETE record _none_',
  ])
})

onCall('a session’s recording runs beside everything else, and its file has both sides', async (call, path) => {
  await call.execute('record_session', path)
  await call.execute('playback', await at.pair.tone(1_000, 600))
  await call.execute('stop_record_session', path)
  const { left, right } = await readStereo(path)
  expect(toneLevel(left, patientTone)).toBeGreaterThan(loud)
  expect(toneLevel(left, 1_000)).toBeLessThan(quiet)
  expect(toneLevel(right, 1_000)).toBeGreaterThan(loud)
  expect(toneLevel(right, patientTone)).toBeLessThan(quiet)
})

onCall('a session’s recording tells of its beginning and end inside the executes', async (call, path) => {
  await call.execute('record_session', path)
  await call.execute('stop_record_session', path)
  expect(call.story()).toEqual([
    'EXECUTE record_session',
    'RECORD_START',
    'COMPLETE record_session _none_',
    'EXECUTE stop_record_session',
    'RECORD_STOP',
    'COMPLETE stop_record_session _none_',
  ])
  expect(call.events.find(({ name }) => name === 'RECORD_STOP')?.get('Record-Completion-Cause')).toBe('success-maxtime')
})

onCall('the same path a second time just goes on', async (call, path) => {
  await call.execute('record_session', path)
  await call.execute('record_session', path)
  await call.execute('stop_record_session', path)
  expect(call.story().filter((line) => line.startsWith('RECORD'))).toEqual(['RECORD_START', 'RECORD_STOP'])
})

onCall('all of a channel’s recordings end together', async (call, path) => {
  await call.execute('record_session', path)
  await call.execute('record_session', `${path}.wav`)
  await wait(200)
  await call.execute('stop_record_session', 'all')
  expect(call.story().filter((line) => line.startsWith('RECORD'))).toEqual([
    'RECORD_START',
    'RECORD_START',
    'RECORD_STOP',
    'RECORD_STOP',
  ])
  expect([existsSync(path), existsSync(`${path}.wav`)]).toEqual([true, true])
})

onCall('a session’s recording may have a limit', async (call, path) => {
  await call.execute('record_session', `${path} +1`)
  const stop = await call.event('RECORD_STOP')
  expect(stop.get('Record-Completion-Cause')).toBe('success-maxtime')
})

onCall('a hang-up ends a session’s recording behind the client’s turn', async (call, path) => {
  await call.execute('record_session', path)
  await wait(200)
  await call.api('uuid_kill')
  await call.over()
  expect(call.story().slice(3)).toEqual([
    'HANGUP NORMAL_CLEARING',
    'UNPARK',
    'COMPLETE socket _none_',
    'RECORD_STOP',
    'HANGUP_COMPLETE',
    'DESTROY',
  ])
  const stop = call.events.find(({ name }) => name === 'RECORD_STOP')
  expect(stop?.get('Record-Completion-Cause')).toBe('success-silence')
})

onCall('a session’s recording that cannot be written says so in a variable, and nothing else happens', async (call) => {
  const done = await call.execute('record_session', `${at.desk.folder}/a-file/below.wav`)
  expect(done.get('variable_record_completion_cause')).toBe('uri-failure')
  expect(call.story()).toEqual(['EXECUTE record_session', 'COMPLETE record_session _none_'])
})

onCall('where nothing can be written, neither form of a session’s recording says more', async (call) => {
  const path = `/proc/nowhere/${call.uuid}.wav`
  expect(await call.api('uuid_record', `start ${path}`)).toBe('-ERR Cannot record session!\n')
  expect(await call.variable('record_completion_cause')).toBe('uri-failure')
  const done = await call.execute('record_session', path)
  expect(done.get('variable_record_completion_cause')).toBe('uri-failure')
  expect(call.story()).toEqual(['EXECUTE record_session', 'COMPLETE record_session _none_'])
})

onCall('a session’s recording without a folder leaves the channel up, whatever it asks', async (call) => {
  await call.execute('set', 'RECORD_HANGUP_ON_ERROR=true')
  await call.execute('record_session', `/proc/nowhere/${call.uuid}.wav`)
  expect((await call.execute('set', 'x=1')).get('Application')).toBe('set')
})

onCall('a session’s recording whose file cannot be opened ends the channel that asks for it', async (call, path) => {
  await mkdir(path)
  const done = await call.execute('record_session', path)
  expect(done.get('variable_record_completion_cause')).toBe('uri-failure')
  await call.execute('set', 'RECORD_HANGUP_ON_ERROR=true')
  call.mark()
  await call.begin('record_session', path)
  await call.over()
  expect(call.story().slice(0, 2)).toEqual(['EXECUTE record_session', 'HANGUP DESTINATION_OUT_OF_ORDER'])
})

onCall('under /proc a recording ends the channel, too', async (call) => {
  await call.begin('record', `/proc/nowhere/${call.uuid}.wav`)
  await call.over()
  expect(call.story().slice(0, 3)).toEqual([
    'EXECUTE record',
    'HANGUP DESTINATION_OUT_OF_ORDER',
    'COMPLETE record _none_',
  ])
})

onCall('a recording shorter than it must be is thrown away', async (call, path) => {
  await call.execute('set', 'RECORD_MIN_SEC=3')
  await call.execute('record_session', path)
  await call.execute('stop_record_session', path)
  expect(call.events.find(({ name }) => name === 'RECORD_STOP')?.get('Record-Completion-Cause')).toBe('input-too-short')
  expect(existsSync(path)).toBe(false)
})

onCall('stopping a recording that does not run completes', async (call) => {
  expect((await call.execute('stop_record_session', '/nowhere.wav')).get('Application-Response')).toBe('_none_')
})

onCall('from outside a recording is begun, masked, unmasked and stopped', async (call, path) => {
  const said: string[] = []
  for (const action of ['start', 'mask', 'unmask', 'stop'])
    said.push(await call.api('uuid_record', `${action} ${path}`))
  expect(new Set(said)).toEqual(new Set(['+OK Success\n']))
  await call.event('RECORD_STOP')
  expect(call.story()).toEqual(['RECORD_START', 'RECORD_STOP'])
  expect(await call.api('uuid_record', `stop ${path}`)).toBe('-ERR Cannot stop record session!\n')
})

onCall('what is masked is silence in the file, and nothing else is', async (call, path) => {
  await call.api('uuid_record', `start ${path}`)
  await wait(400)
  await call.api('uuid_record', `mask ${path}`)
  await wait(600)
  await call.api('uuid_record', `unmask ${path}`)
  await wait(400)
  await call.api('uuid_record', `stop ${path}`)
  const { left } = await readStereo(path)
  const parts = Array.from({ length: Math.floor(left.length / 800) }, (_, i) => left.subarray(i * 800, (i + 1) * 800))
  const levels = parts.map((part) => toneLevel(part, patientTone))
  const masked = levels.filter((level) => level < quiet).length
  expect(masked).toBeGreaterThanOrEqual(3)
  expect(levels.filter((level) => level > loud).length).toBeGreaterThanOrEqual(4)
})
