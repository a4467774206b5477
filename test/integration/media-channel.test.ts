import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { wavHeader } from '#softswitch/media/wav.ts'
import { type MediaPair, type MrfEndpoint, openMediaPair } from '../harness/media-pair.ts'
import { RtpPhone } from '../harness/rtp-phone.ts'
import { sine, toneLevel } from '../harness/tones.ts'

let pair: MediaPair
let folder: string
let phone: RtpPhone
let endpoint: MrfEndpoint

beforeAll(async () => {
  pair = await openMediaPair()
  folder = await mkdtemp(join(tmpdir(), 'channel-'))
})

afterAll(async () => {
  await pair.close()
  await rm(folder, { recursive: true })
})

beforeEach(async () => {
  phone = await RtpPhone.open()
  endpoint = await pair.endpoint()
  await endpoint.modify(phone.sdp)
})

afterEach(async () => {
  phone.close()
  const channel = pair.freeswitch.core.channels.get(endpoint.uuid)
  if (channel !== undefined) await channel.hangUp('NORMAL_CLEARING')
  expect(pair.faults.splice(0)).toEqual([])
})

function talk(frequency = 0): void {
  phone.talk({ address: endpoint.local.mediaIp, port: Number(endpoint.local.mediaPort) }, frequency)
}

async function prompt(name: string, frequency: number, ms: number): Promise<string> {
  const samples = sine(frequency, ms * 8)
  const path = join(folder, name)
  const header = wavHeader({ channels: 1, sampleRate: 8000, dataBytes: samples.byteLength })
  await writeFile(path, Buffer.concat([header, Buffer.from(samples.buffer)]))
  return path
}

/** The next event of that name of the endpoint's channel, as its own connection has it. */
function next(name: string): Promise<string> {
  return new Promise((resolve) =>
    endpoint.conn.on(`esl::event::${name}::${endpoint.uuid}`, (event) => resolve(event.getHeader('Event-Name'))),
  )
}

describe('an endpoint without a far end', () => {
  it('offers both laws, and is sent nothing while it is answered with its own description', async () => {
    const alone = await pair.endpoint()
    expect(alone.local.sdp).toMatch(/m=audio \d+ RTP\/AVP (8 0|0 8) 101/)
    await alone.play('tone_stream://%(200,0,500)')
    const channel = pair.freeswitch.core.channels.get(alone.uuid)
    expect(await channel?.leg.figures()).toMatchObject({ packetsIn: 0, packetsOut: 0 })
    await alone.destroy()
  })

  it('gets its far end by modify, and tells what was negotiated', async () => {
    expect(endpoint.local.sdp).toContain('m=audio ')
    expect(endpoint.dtmfType).toBe('rfc2833')
    const variables = await endpoint.getChannelVariables(true)
    expect(variables).toMatchObject({
      variable_remote_media_ip: '127.0.0.1',
      variable_remote_media_port: String(phone.port),
      variable_rtp_use_codec_name: 'PCMA',
      'Channel-Read-Codec-Name': 'PCMA',
      variable_rtp_audio_in_packet_count: 0,
    })
  })
})

describe('a line that stays up', () => {
  it('sounds silent, not dead, when `send_silence_when_idle` is set', async () => {
    await endpoint.set('send_silence_when_idle', '-1')
    await phone.until(() => phone.heard.length >= 50)
    expect(phone.samples().every((sample) => Math.abs(sample) <= 8)).toBe(true)
    await endpoint.play('tone_stream://v=-7;%(200,0,500)')
    const from = phone.heard.length
    await phone.until(() => phone.heard.length >= from + 10)
  })

  it('ends when the far end has sent nothing for `media_timeout_audio`, as set before it was connected', async () => {
    const { phone: other, far } = { phone: await RtpPhone.open(), far: await pair.endpoint() }
    await far.set('media_timeout_audio', '400')
    await far.modify(other.sdp)
    const destroyed = new Promise<{ reason: string } | undefined>((resolve) => far.on('destroy', resolve))
    other.talk({ address: far.local.mediaIp, port: Number(far.local.mediaPort) })
    await far.play('tone_stream://%(800,0,500)')
    other.stopTalking()
    const playing = far.play('tone_stream://%(20000,0,500)').catch(() => 'ended')
    expect((await destroyed)?.reason).toBe('MEDIA_TIMEOUT')
    await playing
    other.close()
  })
})

describe('an endpoint with an offer', () => {
  it('answers it, plays to it and hangs up', async () => {
    const offered = await pair.endpoint({ remoteSdp: phone.sdp })
    expect(offered.remote.sdp).toBe(phone.sdp)
    await offered.play('tone_stream://%(100,0,500)')
    await phone.until(() => phone.heard.length >= 5)
    await offered.destroy()
    expect(pair.freeswitch.core.channels.has(offered.uuid)).toBe(false)
  })

  it('is refused with 488 when nothing in the offer fits', async () => {
    const sdp = phone.sdp.replace('RTP/AVP 8 101', 'RTP/AVP 18').replace('rtpmap:8 PCMA', 'rtpmap:18 G729')
    await expect(pair.endpoint({ remoteSdp: sdp })).rejects.toMatchObject({ status: 488 })
  })
})

describe('playback', () => {
  it('reaches the telephone and tells how long it was', async () => {
    const told: string[] = []
    endpoint.on('playback-start', ({ file }) => told.push(`start ${file}`))
    endpoint.on('playback-stop', ({ file }) => told.push(`stop ${file}`))
    const path = await prompt('play.wav', 500, 400)
    expect(await endpoint.play(path)).toEqual({
      playbackSeconds: '0',
      playbackMilliseconds: '400',
      playbackLastOffsetPos: '3200',
    })
    await phone.until(() => phone.heard.length >= 20)
    expect(toneLevel(phone.samples(), 500)).toBeGreaterThan(7000)
    expect(told).toEqual([`start ${path}`, `stop ${path}`])
  })

  it('begins at its offset', async () => {
    const path = await prompt('offset.wav', 500, 400)
    expect(await endpoint.play({ file: path, seekOffset: 2400 })).toMatchObject({ playbackMilliseconds: '100' })
  })

  it('ends when its time is up, and tells what was read of the file by then, in blocks', async () => {
    const path = await prompt('long.wav', 500, 5_000)
    expect(await endpoint.play({ file: path, timeoutSecs: 2 })).toEqual({
      playbackSeconds: '2',
      playbackMilliseconds: '2048',
      playbackLastOffsetPos: '16000',
    })
  })

  it('of a file that is not there is rejected', async () => {
    await expect(endpoint.play('/no/such/file.wav')).rejects.toThrow('File Not Found')
  })

  it('of a list plays one after the other', async () => {
    const files = [await prompt('one.wav', 400, 100), await prompt('two.wav', 900, 100)]
    await endpoint.set('playback_sleep_val', '0')
    await endpoint.play(files)
    await phone.until(() => phone.heard.length >= 10)
    expect(toneLevel(phone.samples().subarray(0, 800), 400)).toBeGreaterThan(6000)
    expect(toneLevel(phone.samples().subarray(-800), 900)).toBeGreaterThan(6000)
  })

  it('stops at uuid_break, completes as played, and sends nothing more', async () => {
    const playing = endpoint.play('tone_stream://%(1000,0,500);loops=-1')
    await phone.until(() => phone.heard.length >= 5)
    await endpoint.api('uuid_break', endpoint.uuid)
    await playing
    const channel = pair.freeswitch.core.channels.get(endpoint.uuid)
    const before = await channel?.leg.figures()
    await endpoint.execute('sleep', '100')
    expect((await channel?.leg.figures())?.packetsOut).toBe(before?.packetsOut)
  })

  it('of a list goes on with the next file at uuid_break', async () => {
    await endpoint.set({ playback_delimiter: '!', playback_sleep_val: '0' })
    const second = await prompt('second.wav', 900, 100)
    const playing = endpoint.execute('playback', `tone_stream://%(9000,0,400)!${second}`)
    await phone.until(() => phone.heard.length >= 5)
    await endpoint.api('uuid_break', endpoint.uuid)
    expect((await playing).getHeader('variable_playback_ms')).toBe('100')
  })

  it('ends at a terminator key and names it', async () => {
    talk()
    await endpoint.set('playback_terminators', '#')
    const playing = endpoint.execute('playback', 'tone_stream://%(9000,0,500)')
    await phone.until(() => phone.heard.length >= 3)
    phone.press('5#')
    expect((await playing).getHeader('variable_playback_terminator_used')).toBe('#')
  })

  it('ends at its time-out', async () => {
    await endpoint.set('playback_timeout_sec', '2')
    const event = await endpoint.execute('playback', 'tone_stream://%(60000,0,500)')
    expect(event.getHeader('Application-Response')).toBe('PLAYBACK ERROR')
  })

  it('completes with an error when the telephone hangs up', async () => {
    const playing = endpoint.execute('playback', 'silence_stream://-1')
    await next('PLAYBACK_START')
    await endpoint.dialog.destroy()
    expect((await playing).getHeader('Application-Response')).toBe('PLAYBACK ERROR')
  })
})

describe('executes that meet', () => {
  it('let a variable be set at once while a file plays', async () => {
    const order: string[] = []
    const playing = endpoint.execute('playback', 'tone_stream://%(400,0,500)').then(() => order.push('play'))
    await phone.until(() => phone.heard.length >= 2)
    await endpoint.set('during', 'yes')
    order.push('set')
    await playing
    expect(order).toEqual(['set', 'play'])
  })

  it('nest: the second plays first, then the first goes on', async () => {
    const order: string[] = []
    const outer = endpoint.execute('playback', 'tone_stream://%(300,0,400)').then(() => order.push('outer'))
    await phone.until(() => phone.heard.length >= 3)
    const inner = endpoint.execute('playback', 'tone_stream://%(100,0,900)').then(() => order.push('inner'))
    await Promise.all([outer, inner])
    expect(order).toEqual(['inner', 'outer'])
  })

  it('all end at one uuid_break', async () => {
    const outer = endpoint.execute('playback', 'silence_stream://-1')
    await next('PLAYBACK_START')
    const started = next('PLAYBACK_START')
    const inner = endpoint.execute('playback', 'silence_stream://-1')
    await started
    await endpoint.api('uuid_break', endpoint.uuid)
    await Promise.all([outer, inner])
  })

  it('hang the channel up when the application is not known', async () => {
    const ended = new Promise<{ reason: string } | undefined>((resolve) => endpoint.on('destroy', resolve))
    void endpoint.execute('phrase', 'greeting')
    expect(await ended).toEqual({ reason: 'DESTINATION_OUT_OF_ORDER' })
    expect(pair.faults.splice(0)).toMatchObject([{ message: 'unknown application', application: 'phrase' }])
  })
})

describe('keys', () => {
  it('of the telephone are told once each, at their end, while parked and while a file plays', async () => {
    const digits: unknown[] = []
    endpoint.on('dtmf', (digit) => digits.push(digit))
    talk()
    phone.press('1')
    await next('DTMF')
    void endpoint.execute('playback', 'silence_stream://3000').catch(() => {})
    phone.press('2', 480)
    await phone.until(() => digits.length === 2)
    expect(digits).toEqual([
      { dtmf: '1', duration: '800', source: 'RTP' },
      { dtmf: '2', duration: '480', source: 'RTP' },
    ])
  })

  it('for the telephone are sent by uuid_send_dtmf', async () => {
    const answer = await endpoint.api('uuid_send_dtmf', `${endpoint.uuid} 4#@100`)
    expect(answer.getBody()).toBe(`+OK ${endpoint.uuid} sent DTMF 4#@100.\n`)
    await phone.until(() => phone.digits.length === 2)
    expect(phone.digits).toEqual([
      { digit: '4', durationSamples: 800 },
      { digit: '#', durationSamples: 800 },
    ])
  })

  it('are collected by play_and_get_digits, from the prompt on', async () => {
    talk()
    const collecting = endpoint.playCollect({ file: 'tone_stream://%(9000,0,500)', min: 1, max: 5, terminators: '#' })
    await phone.until(() => phone.heard.length >= 3)
    phone.press('42#')
    expect(await collecting).toMatchObject({ digits: '42', terminatorUsed: '#' })
  })

  it('that do not fit are asked again, then told as invalid', async () => {
    talk()
    const collecting = endpoint.playCollect({
      file: 'silence_stream://20',
      invalidFile: 'silence_stream://20',
      min: 1,
      max: 1,
      tries: 1,
      timeout: 2000,
      regexp: '^[1-3]$',
    })
    phone.press('7')
    expect(await collecting).toMatchObject({ digits: null, invalidDigits: '7' })
  })
})

describe('recording', () => {
  it('by record_session in stereo has the telephone left and what it hears right', async () => {
    const path = join(folder, 'call with spaces', 'stereo.wav')
    await endpoint.set('RECORD_STEREO', 'true')
    const started = await endpoint.api('uuid_record', `${endpoint.uuid} start '${path}'`)
    expect(started.getBody()).toBe('+OK Success\n')
    talk(600)
    await endpoint.play('tone_stream://%(600,0,900)')
    const stopped = await endpoint.api('uuid_record', `${endpoint.uuid} stop '${path}'`)
    expect(stopped.getBody()).toBe('+OK Success\n')
    const file = await readFile(path)
    const frames = (file.length - 44) / 4
    const left = Int16Array.from({ length: frames }, (_, i) => file.readInt16LE(44 + i * 4))
    const right = Int16Array.from({ length: frames }, (_, i) => file.readInt16LE(46 + i * 4))
    expect(toneLevel(left, 600)).toBeGreaterThan(4000)
    expect(toneLevel(left, 900)).toBeLessThan(80)
    expect(toneLevel(right, 900)).toBeGreaterThan(4000)
    expect(toneLevel(right, 600)).toBeLessThan(80)
  })

  it('is whole when the channel ends, and RECORD_STOP comes before the hang-up is told', async () => {
    const path = join(folder, 'hangup.wav')
    const order: string[] = []
    endpoint.conn.subscribe('RECORD_START RECORD_STOP CHANNEL_CALLSTATE CHANNEL_EXECUTE_COMPLETE')
    for (const name of ['RECORD_START', 'RECORD_STOP', 'CHANNEL_CALLSTATE']) {
      endpoint.conn.on(`esl::event::${name}::${endpoint.uuid}`, (event) =>
        order.push(name === 'CHANNEL_CALLSTATE' ? event.getHeader('Channel-Call-State') : name),
      )
    }
    await endpoint.recordSession(path)
    await endpoint.play('tone_stream://%(200,0,900)')
    const gone = new Promise((resolve) => endpoint.on('destroy', resolve))
    await endpoint.dialog.destroy()
    await gone
    expect(order).toEqual(['RECORD_START', 'RECORD_STOP', 'HANGUP'])
    const file = await readFile(path)
    expect(file.readUInt32LE(40)).toBe(file.length - 44)
    expect(file.length).toBeGreaterThan(44 + 3000)
  })

  it('by record ends at a key and tells its length', async () => {
    talk(500)
    await endpoint.set('playback_terminators', '#')
    const recording = endpoint.record(join(folder, 'record.wav'), { timeLimitSecs: 20 })
    await next('CHANNEL_EXECUTE')
    phone.press('#', 800)
    const { terminatorUsed, recordSamples } = await recording
    expect(terminatorUsed).toBe('#')
    expect(Number(recordSamples)).toBeGreaterThan(0)
  })

  it('that does not run cannot be stopped', async () => {
    const answer = await endpoint.api('uuid_record', `${endpoint.uuid} stop /nowhere.wav`)
    expect(answer.getBody()).toBe('-ERR Cannot stop record session!\n')
  })
})

describe('the end', () => {
  it('by the application sends BYE with its cause and tells HANGUP before the connection closes', async () => {
    const bye = new Promise<string | undefined>((resolve) =>
      endpoint.dialog.on('destroy', (request) => resolve(request.get('Reason'))),
    )
    const told = new Promise((resolve) => endpoint.on('destroy', resolve))
    await endpoint.api('uuid_kill', `${endpoint.uuid} USER_BUSY`)
    expect(await bye).toBe('Q.850;cause=17;text="USER_BUSY"')
    expect(await told).toEqual({ reason: 'USER_BUSY' })
  })

  it('by the far end ends the channel with the cause it gives', async () => {
    const told = new Promise((resolve) => endpoint.on('destroy', resolve))
    await endpoint.dialog.destroy({ headers: { Reason: 'Q.850;cause=31;text="whatever"' } })
    expect(await told).toEqual({ reason: 'NORMAL_UNSPECIFIED' })
  })

  it('comes when the client of the channel is gone', async () => {
    const channel = pair.freeswitch.core.channels.get(endpoint.uuid)
    endpoint.conn.socket?.destroy()
    await channel?.ended
    expect(channel?.hangupCause).toBe('NORMAL_CLEARING')
  })

  it('frees the port of the leg', async () => {
    const channel = pair.freeswitch.core.channels.get(endpoint.uuid)
    await endpoint.destroy()
    await channel?.ended
    expect(channel?.leg.closed).toBe(true)
  })
})

describe('a re-INVITE', () => {
  it('moves the stream to another telephone', async () => {
    const other = await RtpPhone.open('PCMU')
    await endpoint.modify(other.sdp)
    await endpoint.play('tone_stream://%(100,0,500)')
    await other.until(() => other.heard.length >= 5)
    expect(phone.heard).toEqual([])
    other.close()
  })

  it('with nothing that fits is refused and changes nothing', async () => {
    await expect(endpoint.modify(phone.sdp.replace('RTP/AVP 8 101', 'RTP/AVP 18'))).rejects.toMatchObject({
      status: 488,
    })
    await endpoint.play('tone_stream://%(100,0,500)')
    await phone.until(() => phone.heard.length >= 5)
  })
})
