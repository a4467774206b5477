/** `api`: what it does to channels, what it schedules, and its words for what cannot be done. */
import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { toneLevel } from '../harness/tones.ts'
import { openDesk } from './wire/desk-tests.ts'

const at = openDesk()

const answers = async (commands: readonly string[]) => {
  const all: Record<string, string> = {}
  for (const command of commands) all[command] = await at.desk.control.api(command)
  return all
}

test('a command that lacks its arguments tells how it is used', async () => {
  const usage = {
    uuid_audio: '-USAGE: <uuid> [start [read|write] [mute|level <level>]|stop]\n',
    uuid_broadcast: '-USAGE: <uuid> <path> [aleg|bleg|holdb|both]\n',
    uuid_dump: '-USAGE: <uuid> [format]\n',
    uuid_getvar: '-USAGE: <uuid> <var>\n',
    uuid_kill: '-USAGE: <uuid> [cause]\n',
    uuid_recv_dtmf: '-USAGE: <uuid> <dtmf_data>\n',
    uuid_record: '-USAGE: <uuid> [start|stop|mask|unmask] <path> [<limit>] [<recording_vars>]\n',
    uuid_send_dtmf: '-USAGE: <uuid> <dtmf_data>\n',
    uuid_session_heartbeat: '-USAGE: uuid_session_heartbeat <uuid> [sched] [0|<seconds>]\n',
    uuid_set_media_stats: '-USAGE: <uuid>\n',
    uuid_setvar: '-USAGE: <uuid> <var> [value]\n',
    uuid_setvar_multi: '-USAGE: <uuid> <var>=<value>;<var>=<value>...\n',
    sched_api: '-ERR Invalid syntax. USAGE: [+@]<time> <group_name> <command_string>[&]\n',
    sched_broadcast: '-USAGE: [[+]<time>|@time] <uuid> <path> [aleg|bleg|both]\n',
    sched_hangup: '-USAGE: [+]<time> <uuid> [<cause>]\n',
    sofia: await at.desk.control.api('sofia'),
  }
  expect(await answers(Object.keys(usage))).toEqual(usage)
})

test('a channel that is not there is missed in each command’s own words', async () => {
  const words = {
    'uuid_audio nope start read mute 1': '-ERR No such channel!\n',
    'uuid_broadcast nope x': '-ERR invalid uuid\n',
    'uuid_dump nope': '-ERR No such channel!\n',
    'uuid_recv_dtmf nope 1': '-ERR Cannot locate session!\n',
    'uuid_send_dtmf nope 1': '-ERR Cannot locate session!\n',
    'uuid_session_heartbeat nope 1':
      '-ERR Cannot locate session. USAGE: uuid_session_heartbeat <uuid> [sched] [0|<seconds>]\n',
    'uuid_set_media_stats nope': '-ERR No such channel nope!\n',
    'uuid_setvar nope a b': '-ERR No such channel!\n',
    'uuid_setvar_multi nope a=1': '-ERR No such channel!\n-USAGE: <uuid> <var>=<value>;<var>=<value>...\n',
    'sched_hangup +60 nope': '-ERR No such channel!\n',
    'sched_del nope': '+OK Deleted: 0\n',
    'unsched_api 999999': '-ERR No such id\n',
    'conference nope list': '-ERR Conference nope not found\n',
    'sofia status profile nope': 'Invalid Profile!\n',
    'sofia nothing': 'Unknown Command [nothing]\n',
  }
  expect(await answers(Object.keys(words))).toEqual(words)
})

test('the server knows itself, text and time', async () => {
  const { control } = at.desk
  const hostname = await control.api('hostname')
  expect(await control.api('switchname')).toBe(hostname)
  const said = {
    'echo hello  there': 'hello  there',
    'toupper abc': 'ABC',
    'tolower ABC': 'abc',
    'md5 abc': '900150983cd24fb0d6963f7d28e17f72',
    'eval ${hostname} x': `${hostname} x`,
    'expand echo ${hostname}': hostname,
    'file_exists /etc/passwd': 'true',
    'file_exists /nowhere': 'false',
    'module_exists mod_dptools': 'true',
    'module_exists mod_nothing': 'false',
    'msleep 1': '+OK',
    'global_getvar suifang_never_set': '-ERR no reply\n',
    'hupall NORMAL_CLEARING suifang_nobody yes':
      '+OK hangup all channels matching [suifang_nobody]=[yes] with cause: NORMAL_CLEARING\n',
  }
  expect(await answers(Object.keys(said))).toEqual(said)
  expect(await control.api('uptime')).toMatch(/^\d+\n$/)
  expect(await control.api('strepoch')).toMatch(/^\d{10}$/)
  expect(await control.api('strftime')).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/)
  expect(await control.api('create_uuid')).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
})

test('a variable of the server is set and read', async () => {
  expect(await at.desk.control.api('global_setvar suifang_test=dark green')).toBe('+OK')
  expect(await at.desk.control.api('global_getvar suifang_test')).toBe('dark green')
})

at.onCall('a channel’s variables are set, read and removed', async (call) => {
  expect(await call.api('uuid_setvar', 'a b c')).toBe('+OK\n')
  expect(await call.variable('a')).toBe('b c')
  expect(await call.api('uuid_setvar', 'a')).toBe('+OK\n')
  expect(await call.variable('a')).toBe('_undef_')
  expect(await call.api('uuid_setvar_multi', 'x=1;y=2 and more')).toBe('+OK\n')
  expect(await Promise.all([call.variable('x'), call.variable('y')])).toEqual(['1', '2 and more'])
  expect(await call.api('uuid_setvar_multi', 'x=;z')).toBe('+OK\n')
  expect(await call.variable('x')).toBe('_undef_')
  expect(await call.api('uuid_setvar_multi')).toBe('-ERR no reply\n')
  expect(await call.watch.api(`eval uuid:${call.uuid} \${variable_y}`)).toBe('2 and more')
})

at.onCall('a dump has everything, in the form that was asked for', async (call) => {
  await call.execute('set', 'colour=dark green')
  const plain = await call.api('uuid_dump')
  expect(plain).toMatch(new RegExp(`^Unique-ID: ${call.uuid}$`, 'm'))
  expect(plain).toMatch(/^variable_colour: dark%20green$/m)
  const json: unknown = JSON.parse(await call.api('uuid_dump', 'json'))
  expect(json).toMatchObject({ 'Unique-ID': call.uuid, variable_colour: 'dark green', 'Channel-State': 'CS_EXECUTE' })
  expect(await call.api('uuid_dump', 'xml')).toContain('<variable_colour>dark%20green</variable_colour>')
})

at.onCall('a channel is there until it is gone', async (call) => {
  expect(await call.api('uuid_exists')).toBe('true')
  expect(await call.watch.api('uuid_exists')).toBe('false')
  await call.api('uuid_kill')
  await call.over()
  expect(await call.api('uuid_exists')).toBe('false')
})

at.onCall('keys that are none are refused, where they are sent and where they are made', async (call) => {
  expect(await call.api('uuid_send_dtmf', 'xyz')).toBe('-ERR Operation failed\n')
  expect(await call.api('uuid_recv_dtmf', 'xyz')).toBe('-USAGE: <uuid> <dtmf_data>\n')
})

at.onCall('a channel is hung up at its time', async (call) => {
  expect(await call.watch.api(`sched_hangup +1 ${call.uuid}`)).toBe('+OK\n')
  await call.event('CHANNEL_HANGUP', { 'Hangup-Cause': 'ALLOTTED_TIMEOUT' })
})

at.onCall('at once, when the time is none', async (call) => {
  expect(await call.watch.api(`sched_hangup +0 ${call.uuid} USER_BUSY`)).toBe('+OK\n')
  await call.event('CHANNEL_HANGUP', { 'Hangup-Cause': 'USER_BUSY' })
})

at.onCall('an application may ask for its own end', async (call) => {
  await call.execute('sched_hangup', '+1 USER_BUSY')
  await call.event('CHANNEL_HANGUP', { 'Hangup-Cause': 'USER_BUSY' })
})

at.onCall('a command is run at its time', async (call) => {
  expect(await call.watch.api(`sched_api +1 none uuid_setvar ${call.uuid} later yes`)).toMatch(/^\+OK Added: \d+\n$/)
  await call.watch.api('msleep 2300')
  expect(await call.variable('later')).toBe('yes')
})

at.onCall('a command that was taken back is not run, by its number or with its group', async (call) => {
  const added = await call.watch.api(`sched_api +1 ${call.uuid} uuid_setvar ${call.uuid} one yes`)
  await call.watch.api(`sched_api +1 ${call.uuid} uuid_setvar ${call.uuid} two yes`)
  expect(await call.watch.api(`unsched_api ${/\d+/.exec(added)?.[0]}`)).toBe('+OK\n')
  expect(await call.watch.api(`sched_del ${call.uuid}`)).toBe('+OK Deleted: 1\n')
  await call.watch.api('msleep 2300')
  expect(await Promise.all([call.variable('one'), call.variable('two')])).toEqual(['_undef_', '_undef_'])
})

at.onCall('a play is broadcast at its time', async (call) => {
  expect(await call.watch.api(`sched_broadcast +1 ${call.uuid} ${at.short} aleg`)).toBe('+OK Message scheduled\n')
  await call.event('CHANNEL_EXECUTE_COMPLETE')
  expect(call.story()).toEqual([
    'EXECUTE playback',
    'PLAYBACK_START',
    'PLAYBACK_STOP done',
    'COMPLETE playback FILE PLAYED',
  ])
})

at.onCall('a heart beats at once and then at its pace, until it is stopped', async (call) => {
  expect(await call.api('uuid_session_heartbeat', '1')).toBe('+OK\n')
  const beats = () => call.events.filter(({ name }) => name === 'SESSION_HEARTBEAT').length
  await call.watch.until(() => beats() === 2, 'two beats')
  expect(await call.api('uuid_session_heartbeat', 'off')).toBe('+OK\n')
  const then = beats()
  await call.watch.api('msleep 1300')
  expect(beats()).toBe(then)
})

at.onCall('it beats once when that is scheduled from inside', async (call) => {
  await call.execute('sched_heartbeat', '1')
  expect((await call.event('SESSION_HEARTBEAT')).get('Unique-ID')).toBe(call.uuid)
})

at.onCall('a channel that talks to nobody is a call of its own', async (call) => {
  // The real server's list is behind by up to half a second.
  while (!(await call.watch.api('show calls')).includes(call.uuid)) await call.watch.api('msleep 50')
})

at.onCall('an application may have it beat', async (call) => {
  await call.execute('enable_heartbeat', '1')
  const beat = await call.event('SESSION_HEARTBEAT')
  expect(beat.get('Unique-ID')).toBe(call.uuid)
  await call.execute('enable_heartbeat', '0')
})

at.onCall(
  'what a muted far end says is not recorded, and it is heard again afterwards',
  async (call) => {
    const recorded = async (name: string) => {
      const path = `${at.desk.folder}/${call.uuid}-${name}.wav`
      const record = await call.start('record', path)
      await call.event('RECORD_START', { 'Record-File-Path': path })
      await call.watch.api('msleep 600')
      await call.break(record)
      const file = await readFile(path)
      const samples = file.subarray(44)
      return toneLevel(
        new Int16Array(samples.buffer.slice(samples.byteOffset, samples.byteOffset + samples.length)),
        400,
      )
    }
    expect(await call.api('uuid_audio', 'start read mute 1')).toBe('+OK\n')
    expect(await recorded('muted')).toBeLessThan(250)
    expect(await call.api('uuid_audio', 'stop')).toBe('+OK\n')
    expect(await recorded('heard')).toBeGreaterThan(2_000)
  },
  { hum: 400 },
)

at.onCall('a far end that is to hear nothing hears nothing', async (call) => {
  expect(await call.api('uuid_audio', 'start write mute 1')).toBe('+OK\n')
  await call.start('playback', 'tone_stream://%(1000,0,1000);loops=-1')
  await call.watch.api('msleep 600')
  expect(toneLevel(call.phone.rtp.samples(), 1_000)).toBeLessThan(250)
  await call.api('uuid_audio', 'stop')
  const mark = call.phone.rtp.heard.length
  await call.phone.rtp.until(() => toneLevel(call.phone.rtp.samples(mark).subarray(-800), 1_000) > 2_000)
})

at.onCall(
  'a seat’s phone that has vanished is hung up when nothing has come for ten seconds',
  async (call) => {
    expect(await call.variable('media_timeout')).toBe('10000')
    const silentSince = performance.now()
    call.phone.rtp.stopTalking()
    await call.watch.api('msleep 9000')
    await call.event('CHANNEL_HANGUP', { 'Hangup-Cause': 'MEDIA_TIMEOUT' })
    expect(performance.now() - silentSince).toBeGreaterThan(9_000)
  },
  { headers: ['X-Suifang-Seat: seat-1'] },
)

at.onCall('a leg that is no seat’s is patient', async (call) => {
  expect(await call.variable('media_timeout')).toBe('_undef_')
})

at.onCall('statistics of the stream are written into variables', async (call) => {
  await call.phone.rtp.until(() => true)
  await call.watch.api('msleep 300')
  expect(await call.api('uuid_set_media_stats')).toBe('+OK:\n')
  expect(Number(await call.variable('rtp_audio_in_packet_count'))).toBeGreaterThan(5)
})
