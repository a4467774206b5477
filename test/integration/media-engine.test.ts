import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { MediaEngine } from '#softswitch/media/media-engine.ts'
import type { MediaLeg, Recording } from '#softswitch/media/media-leg.ts'
import { readWavHeader, wavHeader } from '#softswitch/media/wav.ts'
import { RtpPhone } from '../harness/rtp-phone.ts'
import { sine, toneLevel } from '../harness/tones.ts'

let engine: MediaEngine
let folder: string
let leg: MediaLeg
let phone: RtpPhone

beforeAll(async () => {
  engine = await MediaEngine.start({ address: '127.0.0.1' })
  folder = await mkdtemp(join(tmpdir(), 'media-'))
})

afterAll(async () => {
  await engine.close()
  await rm(folder, { recursive: true })
})

beforeEach(async () => {
  leg = await engine.openLeg()
  phone = await RtpPhone.open()
  leg.negotiate(phone.audio)
})

afterEach(async () => {
  await leg.close()
  phone.close()
})

const SCHED_OTHER = 0
const SCHED_RR = 2

/** Of every thread of this process: field 41 of its stat (proc_pid_stat(5)); the second one is a name in brackets. */
async function policies(): Promise<number[]> {
  const threads = await readdir('/proc/self/task')
  const stats = await Promise.all(threads.map((thread) => readFile(`/proc/self/task/${thread}/stat`, 'latin1')))
  return stats.map((stat) => Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[38]))
}

function address(): { address: string; port: number } {
  return { address: leg.address, port: leg.port }
}

async function prompt(name: string, frequency: number, ms: number, rate = 8000): Promise<string> {
  const samples = sine((frequency * 8000) / rate, (ms * rate) / 1000)
  const path = join(folder, name)
  const header = wavHeader({ channels: 1, sampleRate: rate, dataBytes: samples.byteLength })
  await writeFile(path, Buffer.concat([header, Buffer.from(samples.buffer)]))
  return path
}

function stereo(file: Buffer): { left: Int16Array; right: Int16Array } {
  const frames = (file.length - 44) / 4
  return {
    left: Int16Array.from({ length: frames }, (_, i) => file.readInt16LE(44 + i * 4)),
    right: Int16Array.from({ length: frames }, (_, i) => file.readInt16LE(46 + i * 4)),
  }
}

describe('the media thread', () => {
  it.runIf(process.platform === 'linux')('runs in real time where it may, and no other thread does', async () => {
    const { realTime } = await engine.figures()
    expect((await policies()).filter((policy) => policy !== SCHED_OTHER)).toEqual(realTime ? [SCHED_RR] : [])
  })
})

describe('a play', () => {
  it('reaches the telephone whole, in order, at one timestamp step a packet, with one marker', async () => {
    const { ended } = leg.play(await prompt('whole.wav', 500, 400))
    expect(await ended).toEqual({ end: 'completed', samples: 3200, file: { rate: 8000, samples: 3200 } })
    await phone.until(() => phone.heard.length >= 20)
    const [first, ...rest] = phone.heard
    expect(first?.marker).toBe(true)
    rest.forEach((packet, i) => {
      expect(packet.marker).toBe(false)
      expect(packet.sequence).toBe(((first?.sequence ?? 0) + i + 1) & 0xffff)
      expect(packet.timestamp).toBe(((first?.timestamp ?? 0) + (i + 1) * 160) >>> 0)
    })
    expect(toneLevel(phone.samples(), 500)).toBeCloseTo(8000, -3)
  })

  it('of a file at 16 kHz has the same pitch and length', async () => {
    const { ended } = leg.play(await prompt('wide.wav', 500, 400, 16_000))
    expect((await ended).samples).toBe(3200)
    await phone.until(() => phone.heard.length >= 20)
    expect(toneLevel(phone.samples(), 500)).toBeGreaterThan(7000)
  })

  it('begins where it is told to', async () => {
    const { ended } = leg.play(await prompt('skip.wav', 500, 400), { skipSamples: 1600 })
    expect((await ended).samples).toBe(1600)
  })

  it('of a long file is read ahead and loses nothing', async () => {
    const { ended } = leg.play(await prompt('long.wav', 500, 70_000), { skipSamples: 69 * 8000 })
    expect(await ended).toEqual({ end: 'completed', samples: 8000, file: { rate: 8000, samples: 8000 } })
  })

  it('stops at once when told to, and silence follows', async () => {
    const play = leg.play('tone_stream://%(1000,0,700);loops=-1')
    await phone.until(() => phone.heard.length >= 5)
    play.stop()
    expect((await play.ended).end).toBe('stopped')
    const sent = (await leg.figures()).packetsOut
    await leg.play('silence_stream://100').ended
    // The next packet belongs to the silence that was asked for.
    expect(phone.heard.slice(sent).every(({ samples }) => toneLevel(samples, 700) < 10)).toBe(true)
  })

  it('that is stopped before its file is open never sounds', async () => {
    const play = leg.play(await prompt('early.wav', 500, 400))
    play.stop()
    expect(await play.ended).toMatchObject({ end: 'stopped', samples: 0 })
  })

  it('under another one waits and goes on where it was', async () => {
    const under = leg.play(await prompt('under.wav', 400, 200))
    await phone.until(() => phone.heard.length >= 2)
    const above = leg.play('tone_stream://%(100,0,900)')
    const order: string[] = []
    await Promise.all([under.ended.then(() => order.push('under')), above.ended.then(() => order.push('above'))])
    expect(order).toEqual(['above', 'under'])
    expect((await under.ended).samples).toBe(1600)
  })

  it.each(['/nowhere/at/all.wav', 'tone_stream://nonsense', 'silence_stream://0'])('of %s fails', async (uri) => {
    const play = leg.play(uri)
    expect(await play.started).toBe(false)
    expect((await play.ended).end).toBe('failed')
  })

  it('of a file that is no sound fails', async () => {
    const path = join(folder, 'text.wav')
    await writeFile(path, 'this is no sound')
    expect(await leg.play(path).started).toBe(false)
  })

  it('of a file that was replaced plays the new one', async () => {
    const path = await prompt('replaced.wav', 500, 100)
    await leg.play(path).ended
    await prompt('replaced.wav', 500, 200)
    expect((await leg.play(path).ended).samples).toBe(1600)
  })

  it('ends when the leg closes', async () => {
    const play = leg.play('silence_stream://-1')
    await play.started
    await leg.close()
    expect((await play.ended).end).toBe('closed')
  })
})

describe('keys', () => {
  it('of the telephone come once each, with their length', async () => {
    const digits: unknown[] = []
    const all = Promise.withResolvers<void>()
    leg.on('digit', (digit) => {
      if (digits.push(digit) === 3) all.resolve()
    })
    phone.talk(address())
    phone.press('1', 800)
    phone.press('#', 1600)
    phone.press('7', 480)
    await all.promise
    expect(digits).toEqual([
      { digit: '1', durationSamples: 800 },
      { digit: '#', durationSamples: 1600 },
      { digit: '7', durationSamples: 480 },
    ])
  })

  it('for the telephone arrive as telephone-events, also over a prompt', async () => {
    leg.play('tone_stream://%(2000,0,500)')
    leg.press([
      { digit: '4', durationSamples: 800 },
      { digit: '*', durationSamples: 400 },
    ])
    await phone.until(() => phone.digits.length === 2)
    expect(phone.digits).toEqual([
      { digit: '4', durationSamples: 800 },
      { digit: '*', durationSamples: 400 },
    ])
  })
})

describe('the far end', () => {
  it('is learned when it sends from another port than it said', async () => {
    const behindNat = await RtpPhone.open()
    leg.play('tone_stream://%(3000,0,500)')
    behindNat.talk(address())
    await behindNat.until(() => behindNat.heard.length > 0)
    behindNat.close()
  })

  it('is not changed by a stranger once it has spoken, and the stranger is not heard', async () => {
    const stranger = await RtpPhone.open()
    phone.talk(address(), 600)
    leg.play('tone_stream://%(3000,0,500)')
    await phone.until(() => phone.heard.length > 5)
    const before = (await leg.figures()).ignored
    stranger.press('9')
    stranger.talk(address(), 1000)
    let digits = 0
    leg.on('digit', () => {
      digits += 1
    })
    const hadHeard = phone.heard.length
    await phone.until(() => phone.heard.length > hadHeard + 30)
    expect((await leg.figures()).ignored).toBeGreaterThan(before + 10)
    expect(stranger.heard).toEqual([])
    expect(digits).toBe(0)
    stranger.close()
  })

  it('gets nothing while it may not be sent to, and the play goes on', async () => {
    leg.negotiate({ ...phone.audio, maySend: false })
    const { ended } = leg.play('tone_stream://%(200,0,500)')
    expect((await ended).end).toBe('completed')
    expect((await leg.figures()).packetsOut).toBe(0)
  })

  it('that is the leg itself gets nothing', async () => {
    leg.negotiate({ ...phone.audio, remotePort: leg.port })
    await leg.play('tone_stream://%(200,0,500)').ended
    expect(await leg.figures()).toMatchObject({ packetsOut: 0, packetsIn: 0 })
  })
})

describe('a recording', () => {
  const forever = { limitSamples: 0, silence: { threshold: 0, hits: 0 } }

  async function recordCall(sides: 'stereo' | 'both'): Promise<Recording> {
    const recording = leg.record({ path: join(folder, `${sides}.wav`), sides, ...forever })
    expect(await recording.started).toBe(true)
    phone.talk(address(), 600)
    await leg.play('tone_stream://v=-7;%(600,0,900)').ended
    recording.stop()
    expect(await recording.ended).toMatchObject({ end: 'stopped', error: null })
    return recording
  }

  it('in stereo has the telephone left, what it hears right, and nothing of the other side', async () => {
    const { path, ended } = await recordCall('stereo')
    const file = await readFile(path)
    const { samples } = await ended
    expect(readWavHeader(file)).toMatchObject({ channels: 2, sampleRate: 8000, dataBytes: samples * 4 })
    expect(file.length).toBe(44 + samples * 4)
    const { left, right } = stereo(file)
    expect(toneLevel(left, 600)).toBeGreaterThan(4000)
    expect(toneLevel(right, 900)).toBeGreaterThan(4000)
    expect(toneLevel(left, 900)).toBeLessThan(80)
    expect(toneLevel(right, 600)).toBeLessThan(80)
  })

  it('in one channel has both sides', async () => {
    const file = await readFile((await recordCall('both')).path)
    const mono = Int16Array.from({ length: (file.length - 44) / 2 }, (_, i) => file.readInt16LE(44 + i * 2))
    expect(toneLevel(mono, 600)).toBeGreaterThan(4000)
    expect(toneLevel(mono, 900)).toBeGreaterThan(4000)
  })

  it('goes on in time when nothing comes from the telephone', async () => {
    const recording = leg.record({ path: join(folder, 'quiet.wav'), sides: 'stereo', ...forever })
    await recording.started
    await leg.play('silence_stream://500').ended
    recording.stop()
    expect((await recording.ended).samples).toBeGreaterThanOrEqual(4000)
  })

  it('holds silence where it was masked', async () => {
    const recording = leg.record({ path: join(folder, 'masked.wav'), sides: 'spoken', ...forever })
    await recording.started
    recording.mask(true)
    await leg.play('tone_stream://%(300,0,900)').ended
    recording.stop()
    await recording.ended
    const file = await readFile(join(folder, 'masked.wav'))
    expect(file.subarray(44).every((byte) => byte === 0)).toBe(true)
  })

  it('ends by itself at its limit', async () => {
    const order = { path: join(folder, 'limit.wav'), sides: 'heard', limitSamples: 1600 } as const
    const recording = leg.record({ ...order, silence: forever.silence })
    expect(await recording.ended).toMatchObject({ end: 'limit', samples: 1600 })
  })

  it('ends by itself after silence', async () => {
    const order = { path: join(folder, 'silence.wav'), sides: 'heard', limitSamples: 0 } as const
    const recording = leg.record({ ...order, silence: { threshold: 100, hits: 10 } })
    expect(await recording.ended).toMatchObject({ end: 'silence', samples: 1600 })
  })

  it('is whole on the disk when the leg has closed', async () => {
    const recording = leg.record({ path: join(folder, 'closed.wav'), sides: 'stereo', ...forever })
    await recording.started
    await leg.play('silence_stream://200').ended
    await leg.close()
    expect((await recording.ended).end).toBe('closed')
    const file = await readFile(join(folder, 'closed.wav'))
    expect(readWavHeader(file)?.dataBytes).toBe(file.length - 44)
  })

  it('fails where no file can be made', async () => {
    const recording = leg.record({ path: join(folder, 'no', 'such', 'folder.wav'), sides: 'stereo', ...forever })
    expect(await recording.started).toBe(false)
    expect(await recording.ended).toMatchObject({ end: 'failed' })
  })
})

describe('the engine', () => {
  it('gives ports of its range, even ones, and says when there is none left', async () => {
    const small = await MediaEngine.start({ address: '127.0.0.1', portFrom: 41_001, portTo: 41_005 })
    const legs = [await small.openLeg(), await small.openLeg()]
    expect(legs.map(({ port }) => port).sort()).toEqual([41_002, 41_004])
    await expect(small.openLeg()).rejects.toThrow('no free port')
    await small.close()
  })

  it('settles everything that was under way when it closes', async () => {
    const own = await MediaEngine.start({ address: '127.0.0.1' })
    const ownLeg = await own.openLeg()
    const play = ownLeg.play('silence_stream://-1')
    const recording = ownLeg.record({
      path: join(folder, 'shutdown.wav'),
      sides: 'stereo',
      limitSamples: 0,
      silence: { threshold: 0, hits: 0 },
    })
    await recording.started
    await own.close()
    expect((await play.ended).end).toBe('closed')
    expect(await recording.ended).toMatchObject({ end: 'closed', error: null })
    await expect(own.openLeg()).rejects.toThrow()
  })

  it('tells of its worker’s death, and leaves nothing waiting', async () => {
    const own = await MediaEngine.start({ address: '127.0.0.1' })
    const died = new Promise<Error>((resolve) => own.onDeath(resolve))
    const ownLeg = await own.openLeg()
    const play = ownLeg.play('silence_stream://-1')
    await play.started
    const figures = ownLeg.figures()
    // No caller of ours can send this: it stands for any fault in the worker.
    ownLeg.press(JSON.parse('[null]'))
    expect((await died).message).toContain('null')
    expect((await play.ended).end).toBe('closed')
    await figures.catch(() => {})
    await expect(own.openLeg()).rejects.toThrow('null')
    expect(ownLeg.closed).toBe(true)
    await own.close()
  })
})
