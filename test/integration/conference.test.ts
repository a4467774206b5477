/**
 * Rooms over the event socket, as drachtio-fsmrf uses them; who hears whom is told by tones.
 *
 * Words, events and ears were compared with a real FreeSWITCH 1.11.1 by one script on both (2026-11-22): the same in
 * every step of this file, but for what docs/softswitch.md lists.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { SwitchEvent } from '#softswitch/channel/switch-event.ts'
import { type MediaPair, type MrfEndpoint, openMediaPair } from '../harness/media-pair.ts'
import { RtpPhone } from '../harness/rtp-phone.ts'
import { readMono, readStereo } from '../harness/stereo.ts'
import { toneLevel } from '../harness/tones.ts'
import { waitFor } from '../harness/wait-for.ts'

/** What each party hums, and what is played: all multiples of 50 Hz, none an overtone of another. */
const TONES = { agent: 400, patient: 700, supervisor: 1100, music: 1700 } as const
type Sound = keyof typeof TONES

const MUSIC = 'tone_stream://v=-7;%(1000,0,1700);loops=-1'
const LOUD = 3000
const SILENT = 150
/** Packets that a change needs to be heard (200 ms), and packets that are measured (400 ms). */
const SETTLE_PACKETS = 10
const MEASURED_PACKETS = 20

let pair: MediaPair
let folder: string
let events: SwitchEvent[]
let parties: Party[]
let room: string
let rooms = 0

const listener = {
  wants: (name: string, subclass: string | null) => name === 'CUSTOM' && subclass === 'conference::maintenance',
  deliver: (event: SwitchEvent) => void events.push(event),
}

class Party {
  readonly phone: RtpPhone
  readonly endpoint: MrfEndpoint
  member = 0

  static async call(hums: Sound): Promise<Party> {
    const phone = await RtpPhone.open()
    const endpoint = await pair.endpoint()
    await endpoint.modify(phone.sdp)
    phone.talk({ address: endpoint.local.mediaIp, port: Number(endpoint.local.mediaPort) }, TONES[hums])
    const party = new Party(phone, endpoint)
    parties.push(party)
    return party
  }

  constructor(phone: RtpPhone, endpoint: MrfEndpoint) {
    this.phone = phone
    this.endpoint = endpoint
  }

  async join(flags: Record<string, boolean> = {}): Promise<number> {
    const { memberId } = await this.endpoint.join(room, { flags })
    this.member = memberId
    return memberId
  }

  /** What it hears from now on, one after a moment: sounds by name. Whatever is neither loud nor silent is an error. */
  async ear(): Promise<Sound[]> {
    const from = this.phone.heard.length + SETTLE_PACKETS
    await this.phone.until(() => this.phone.heard.length >= from + MEASURED_PACKETS)
    return sounds(this.phone.samples(from).subarray(0, MEASURED_PACKETS * 160))
  }
}

function sounds(samples: Int16Array): Sound[] {
  const heard: Sound[] = []
  for (const [name, frequency] of Object.entries(TONES)) {
    const level = toneLevel(samples, frequency)
    if (level > SILENT && level < LOUD) throw new Error(`${name} is neither loud nor silent: ${level}`)
    if (level >= LOUD && isSound(name)) heard.push(name)
  }
  return heard
}

/** What a recording of the next half second has on either side. */
async function recorded(party: Party): Promise<{ left: Sound[]; right: Sound[] }> {
  const { endpoint } = party
  const path = join(folder, `${endpoint.uuid}.wav`)
  await endpoint.recordSession(path)
  await party.ear()
  await endpoint.api('uuid_record', `${endpoint.uuid} stop ${path}`)
  const { left, right } = await readStereo(path)
  return { left: sounds(left.subarray(0, 3200)), right: sounds(right.subarray(0, 3200)) }
}

function isSound(name: string): name is Sound {
  return Object.hasOwn(TONES, name)
}

function conference(command: string): Promise<string> {
  return pair.media.api(`conference ${room} ${command}`).then(String)
}

function actions(): (string | undefined)[] {
  return events.map((event) => event.get('Action'))
}

beforeAll(async () => {
  pair = await openMediaPair()
  folder = await mkdtemp(join(tmpdir(), 'conference-'))
  pair.freeswitch.core.bus.listen(listener)
})

afterAll(async () => {
  await pair.close()
  await rm(folder, { recursive: true })
})

beforeEach(() => {
  events = []
  parties = []
  rooms += 1
  room = `call-${rooms}`
})

afterEach(async () => {
  for (const { phone, endpoint } of parties) {
    phone.close()
    await pair.freeswitch.core.channels.get(endpoint.uuid)?.hangUp('NORMAL_CLEARING')
  }
  expect(pair.freeswitch.core.conferences.size).toBe(0)
  expect(pair.faults.splice(0)).toEqual([])
})

describe('a recording of a room', () => {
  it('has everybody who speaks, leaves out what is said while it is paused, and is told of', async () => {
    const [agent, patient] = [await Party.call('agent'), await Party.call('patient')]
    await agent.join()
    await patient.join()
    const path = join(folder, 'rooms', `${room}.wav`)
    expect(await conference(`recording start ${path}`)).toBe(`+OK Record file ${path}\n`)
    expect(await conference(`recording start ${path}`)).toBe(
      `-ERR file [${path}] is already being used for recording.\n`,
    )
    expect(await conference('chkrecord')).toBe(`+OK Record file ${path}\n`)
    await agent.ear()
    await patient.endpoint.confMute()
    await agent.ear()
    expect(await conference(`recording pause ${path}`)).toBe(`+OK Pause recording file ${path}\n`)
    await patient.endpoint.confUnmute()
    await agent.ear()
    expect(await conference(`recording stop ${path}`)).toBe(
      `Stopped recording file ${path}\n+OK Stopped recording 1 file\n`,
    )
    await waitFor(() => actions().includes('stop-recording'), { what: 'the file is whole' })
    const samples = await readMono(path)
    expect(sounds(samples.subarray(1600, 4800))).toEqual(['agent', 'patient'])
    expect(sounds(samples.subarray(-1600))).toEqual(['agent'])
    expect(actions().filter((action) => action?.endsWith('-recording'))).toEqual([
      'start-recording',
      'pause-recording',
      'stop-recording',
    ])
    expect(events.at(-1)?.get('Samples-Out')).toBe(String(samples.length))
    expect(await conference('chkrecord')).toBe('-ERR Conference is not being recorded.\n')
    expect(await conference('norecord nothing')).toBe(
      "-ERR non-existant recording 'nothing'\n+OK Stopped recording 0 files\n",
    )
  })

  it('is whole when the room ends with it', async () => {
    const agent = await Party.call('agent')
    await agent.join()
    const path = join(folder, `${room}.wav`)
    await conference(`record ${path}`)
    await agent.ear()
    await agent.endpoint.unjoin()
    await waitFor(() => actions().includes('stop-recording'), { what: 'the file is whole' })
    expect(sounds((await readMono(path)).subarray(-1600))).toEqual(['agent'])
  })
})

describe('a member that is transferred', () => {
  it('is in the other room, under its number', async () => {
    const [agent, patient] = [await Party.call('agent'), await Party.call('patient')]
    await agent.join()
    await patient.join()
    const to = `${room}-other`
    expect(await conference(`transfer ${to} ${patient.member} 99`)).toBe(
      `+OK Member '${patient.member}' sent to conference ${to}.\n-ERR No Member 99 in conference ${room}.\n`,
    )
    await waitFor(() => pair.freeswitch.core.conferences.find(to)?.count === 1, { what: 'it has arrived' })
    expect(pair.freeswitch.core.conferences.find(to)?.members[0]?.id).toBe(patient.member)
    expect(await conference('list count')).toBe('1')
    expect(actions()).toContain('transfer')
  })
})

describe('a room of two', () => {
  let agent: Party
  let patient: Party
  beforeEach(async () => {
    agent = await Party.call('agent')
    patient = await Party.call('patient')
    await agent.join()
    await patient.join()
  })

  it('lets them hear each other and nobody himself', async () => {
    expect(await Promise.all([agent.ear(), patient.ear()])).toEqual([['patient'], ['agent']])
  })

  it('is listed as clients parse it, newest first', async () => {
    const of = ({ member, endpoint }: Party): string =>
      `${member};sofia/drachtio_mrf/[^;]*;${endpoint.uuid};[^;]*;[^;]*;`
    expect(await conference('list')).toMatch(
      new RegExp(`^${of(patient)}hear\\|speak;0;0;0\n${of(agent)}hear\\|speak\\|floor;0;0;0\n$`),
    )
    expect(await conference('list count')).toBe('2')
    expect(await conference('get count')).toBe('2')
    expect(JSON.parse(await conference('json_list'))).toMatchObject([
      {
        conference_name: room,
        member_count: 2,
        members: [
          { type: 'caller', id: patient.member, uuid: patient.endpoint.uuid },
          { id: agent.member, uuid: agent.endpoint.uuid, flags: { can_hear: true, can_speak: true, has_floor: true } },
        ],
      },
    ])
  })

  it('tells what happens in it, with the headers that clients read', async () => {
    await agent.endpoint.confMute()
    await agent.endpoint.confUnmute()
    await conference(`deaf ${patient.member}`)
    await conference(`undeaf ${patient.member}`)
    await conference(`kick ${patient.member}`)
    await conference(`hup ${agent.member}`)
    expect(actions()).toEqual([
      'conference-create',
      'add-member',
      'floor-change',
      'add-member',
      'mute-member',
      'unmute-member',
      'deaf-member',
      'undeaf-member',
      'kick-member',
      'del-member',
      'hup-member',
      'floor-change',
      'del-member',
      'conference-destroy',
    ])
    const joined = events[3]
    expect(joined?.get('Unique-ID')).toBe(patient.endpoint.uuid)
    expect(joined?.get('Conference-Unique-ID')).toBe(events[0]?.get('Conference-Unique-ID'))
    for (const [name, value] of [
      ['Conference-Name', room],
      ['Conference-Size', '2'],
      ['Conference-Profile-Name', 'default'],
      ['Member-ID', String(patient.member)],
      ['Member-Type', 'member'],
      ['Hear', 'true'],
      ['Speak', 'true'],
      ['Event-Subclass', 'conference::maintenance'],
    ]) {
      expect([name, joined?.get(name ?? '')]).toEqual([name, value])
    }
    expect(events.at(-1)?.get('Conference-Size')).toBe('0')
  })

  it('takes mute and deaf for one ear only', async () => {
    await conference(`mute ${patient.member}`)
    expect(await Promise.all([agent.ear(), patient.ear()])).toEqual([[], ['agent']])
    await conference(`unmute ${patient.member}`)
    await conference(`deaf ${patient.member}`)
    expect(await Promise.all([agent.ear(), patient.ear()])).toEqual([['patient'], []])
    await conference('undeaf all')
    expect(await Promise.all([agent.ear(), patient.ear()])).toEqual([['patient'], ['agent']])
  })

  it('holds: music to the patient, silence between the two, and back; the recording has what each side had', async () => {
    await patient.endpoint.set('RECORD_STEREO', 'true')
    await conference(`deaf ${agent.member}`)
    await conference(`mute ${agent.member}`)
    await conference(`deaf ${patient.member}`)
    await patient.endpoint.confPlay(MUSIC)
    expect(await Promise.all([agent.ear(), patient.ear()])).toEqual([[], ['music']])
    expect(await recorded(patient)).toEqual({ left: ['patient'], right: ['music'] })
    expect(await conference(`stop all ${patient.member}`)).toBe('+OK Stopped 1 files.\n')
    for (const command of [`undeaf ${patient.member}`, `undeaf ${agent.member}`, `unmute ${agent.member}`]) {
      await conference(command)
    }
    expect(await Promise.all([agent.ear(), patient.ear()])).toEqual([['patient'], ['agent']])
    expect(await recorded(patient)).toEqual({ left: ['patient'], right: ['agent'] })
  })

  it('still delivers keys while they talk', async () => {
    const keys: string[] = []
    patient.endpoint.on('dtmf', ({ dtmf }) => keys.push(dtmf))
    patient.phone.press('5#')
    await waitFor(() => keys.length === 2, { what: 'two keys' })
    expect(keys).toEqual(['5', '#'])
    expect(await agent.ear()).toEqual(['patient'])
  })

  it('sends keys to a member’s telephone', async () => {
    expect(await conference(`dtmf ${patient.member} 12`)).toBe(`+OK sent 12 to ${patient.member}\n`)
    await patient.phone.until(() => patient.phone.digits.length === 2)
    expect(patient.phone.digits.map(({ digit }) => digit)).toEqual(['1', '2'])
  })

  it('is left by a kick: the channel stays up, can be played to, and comes again under its number', async () => {
    const before = patient.member
    await patient.endpoint.unjoin()
    expect(await conference('list count')).toBe('1')
    await patient.endpoint.play('tone_stream://%(200,0,500)')
    expect(await patient.join()).toBe(before)
    expect(await Promise.all([agent.ear(), patient.ear()])).toEqual([['patient'], ['agent']])
  })

  it('is not left by uuid_break, and a play inside it takes the member out for its time', async () => {
    await pair.media.api(`uuid_break ${patient.endpoint.uuid}`)
    const playing = patient.endpoint.play('tone_stream://v=-7;%(20000,0,1700)')
    expect(await Promise.all([agent.ear(), patient.ear()])).toEqual([[], ['music']])
    await pair.media.api(`uuid_break ${patient.endpoint.uuid}`)
    await playing
    expect(await Promise.all([agent.ear(), patient.ear()])).toEqual([['patient'], ['agent']])
  })

  it('loses the member that hangs up, and ends with the last', async () => {
    await pair.freeswitch.core.channels.get(patient.endpoint.uuid)?.hangUp('NORMAL_CLEARING')
    expect(await conference('list count')).toBe('1')
    await pair.freeswitch.core.channels.get(agent.endpoint.uuid)?.hangUp('NORMAL_CLEARING')
    expect(await conference('list')).toBe(`-ERR Conference ${room} not found\n`)
    expect(actions().slice(-4)).toEqual(['del-member', 'floor-change', 'del-member', 'conference-destroy'])
  })

  it('plays to everybody who hears, tells the end, and loops when told to', async () => {
    await conference(`deaf ${patient.member}`)
    expect(await conference('play tone_stream://v=-7;%(300,0,1700)')).toBe(
      '+OK (play) Playing file tone_stream://v=-7;%(300,0,1700)\n',
    )
    const done = await waitFor(() => events.find((event) => event.get('Action') === 'play-file-done'), {
      what: 'the end of the play',
    })
    expect([done.get('File'), done.get('milliseconds')]).toEqual(['tone_stream://v=-7;%(300,0,1700)', '300'])
    await conference('play {loops=-1}tone_stream://v=-7;%(100,0,1700)')
    expect(await Promise.all([agent.ear(), patient.ear()])).toEqual([['patient', 'music'], []])
    expect(await conference('stop')).toBe('+OK Stopped 1 files.\n')
    expect(await agent.ear()).toEqual(['patient'])
  })
})

describe('a coach', () => {
  it('is heard by the agent and not by the patient, until the relation is cleared or the coach leaves', async () => {
    const [agent, patient, coach] = [
      await Party.call('agent'),
      await Party.call('patient'),
      await Party.call('supervisor'),
    ]
    await agent.join()
    await patient.join()
    await coach.join({ mute: true })
    const ears = (): Promise<Sound[][]> => Promise.all([agent.ear(), patient.ear(), coach.ear()])
    expect(await ears()).toEqual([['patient'], ['agent'], ['agent', 'patient']])

    const related = await conference(`relate ${coach.member} ${patient.member} nospeak`)
    expect(related).toBe(`+OK ${coach.member}->${patient.member} nospeak set\n`)
    await coach.endpoint.confUnmute()
    expect(await conference('relate all')).toContain(`${coach.member} -> ${patient.member} NOSPEAK HEAR NOSENDVIDEO \n`)
    expect(await ears()).toEqual([['patient', 'supervisor'], ['agent'], ['agent', 'patient']])

    expect(await conference(`relate ${coach.member} ${patient.member} clear`)).toBe(
      `+OK relationship ${coach.member}->${patient.member} cleared.\n`,
    )
    expect(await ears()).toEqual([
      ['patient', 'supervisor'],
      ['agent', 'supervisor'],
      ['agent', 'patient'],
    ])

    await conference(`relate ${patient.member} ${coach.member} nohear`)
    expect((await ears())[1]).toEqual(['agent'])
    await conference(`relate ${patient.member} ${coach.member} clear`)

    await conference(`relate ${coach.member} ${patient.member} nospeak`)
    await coach.endpoint.unjoin()
    await coach.join()
    expect(await conference('relate')).toBe('+OK No relationships\n')
    expect((await ears())[1]).toEqual(['agent', 'supervisor'])
  })
})

describe('wrong input gets the real server’s words', () => {
  it.each([
    ['frobnicate', "-ERR Conference command 'frobnicate' not found.\n"],
    ['', "Conference command, not specified.\nTry 'help'\n"],
    ['mute 999', '-ERR Non-Existant ID 999\n'],
    ['mute', 'mute <[member_id|all]|last|non_moderator> [<quiet>]'],
    ['mute somebody', 'mute <[member_id|all]|last|non_moderator> [<quiet>]'],
    ['kick none=such', '-ERR Non-Existant member\n'],
    ['play', 'play <file_path> [async|<member_id> [nomux]]'],
    ['play /nowhere.wav', '-ERR (play) File: /nowhere.wav not found.\n'],
    ['stop last', 'stop <[current|all|async|last]> [<member_id>]'],
    ['stop all 999', '-ERR Member: 999 not found.\n'],
    ['relate 999 998 nospeak', '-ERR relationship 999->998 not found.\n'],
    [
      'relate 1 2 whatever',
      'relate <member_id>[,<member_id>] <other_member_id>[,<other_member_id>] [nospeak|nohear|clear]',
    ],
    ['get', 'get <parameter-name>'],
    ['get nothing', 'get <parameter-name>'],
  ])('%j', async (command, answer) => {
    const alone = await Party.call('agent')
    await alone.join()
    expect(await conference(command)).toBe(answer)
  })
})

describe('who may be in a room', () => {
  it('a member that ends the conference takes the others with it', async () => {
    const [agent, patient] = [await Party.call('agent'), await Party.call('patient')]
    await agent.join()
    await patient.join({ endconf: true })
    await conference(`kick ${patient.member}`)
    await waitFor(() => !pair.freeswitch.core.channels.has(agent.endpoint.uuid), { what: 'the end of the other' })
    expect(pair.freeswitch.core.channels.has(patient.endpoint.uuid)).toBe(true)
  })

  it('nobody enters a locked room, or one that is full', async () => {
    const [agent, patient] = [await Party.call('agent'), await Party.call('patient')]
    await agent.join()
    expect(await conference('lock')).toBe(`+OK ${room} locked\n`)
    await patient.endpoint.execute('conference', room)
    await conference('unlock')
    expect(await conference('set max_members 1')).toBe('0')
    await patient.endpoint.execute('conference', room)
    expect(await conference('list count')).toBe('1')
  })
})

describe('music on hold', () => {
  it('is heard alone, until a break', async () => {
    const one = await Party.call('agent')
    expect(await pair.media.api(`uuid_broadcast ${one.endpoint.uuid} local_stream://moh`)).toBe('+OK Message sent\n')
    await one.phone.until(() => one.phone.heard.length >= 50)
    expect(Math.max(...one.phone.samples())).toBeGreaterThan(1000)
    await pair.media.api(`uuid_break ${one.endpoint.uuid}`)
    const channel = pair.freeswitch.core.channels.get(one.endpoint.uuid)
    await waitFor(() => channel?.running?.application === 'socket', { what: 'the end of the music' })
  })

  it('is heard by the held patient of a room', async () => {
    const [agent, patient] = [await Party.call('agent'), await Party.call('patient')]
    await agent.join({ deaf: true, mute: true })
    await patient.join({ deaf: true })
    await patient.endpoint.confPlay('local_stream://moh')
    const from = patient.phone.heard.length + SETTLE_PACKETS
    await patient.phone.until(() => patient.phone.heard.length >= from + 50)
    expect(Math.max(...patient.phone.samples(from))).toBeGreaterThan(1000)
    expect(await agent.ear()).toEqual([])
  })

  it('a stream that is not there is not found', async () => {
    const one = await Party.call('agent')
    await expect(one.endpoint.play('local_stream://nothing')).rejects.toThrow()
  })
})
