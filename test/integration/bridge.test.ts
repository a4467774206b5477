/** Two channels joined to each other, and channels sent elsewhere, over the event socket. Ears are told by tones. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { SwitchEvent } from '#softswitch/channel/switch-event.ts'
import { type MediaPair, type MrfEndpoint, openMediaPair } from '../harness/media-pair.ts'
import { RtpPhone } from '../harness/rtp-phone.ts'
import { toneLevel } from '../harness/tones.ts'
import { waitFor } from '../harness/wait-for.ts'

interface Party {
  readonly phone: RtpPhone
  readonly endpoint: MrfEndpoint
}

let pair: MediaPair
let one: Party
let other: Party
let events: SwitchEvent[]

async function call(hums: number): Promise<Party> {
  const phone = await RtpPhone.open()
  const endpoint = await pair.endpoint()
  await endpoint.modify(phone.sdp)
  phone.talk({ address: endpoint.local.mediaIp, port: Number(endpoint.local.mediaPort) }, hums)
  return { phone, endpoint }
}

/** Whether it hears this tone from now on, and is heard by nobody else's ear. */
async function hears({ phone }: Party, tone: number): Promise<boolean> {
  const from = phone.heard.length + 10
  await phone.until(() => phone.heard.length >= from + 20)
  return toneLevel(phone.samples(from).subarray(0, 3200), tone) > 3000
}

const channelOf = ({ endpoint }: Party) => pair.freeswitch.core.channels.get(endpoint.uuid)
const isUp = (party: Party) => channelOf(party)?.up === true
const api = async (command: string, args: string) => (await one.endpoint.api(command, args)).getBody()
const told = (name: string) =>
  events.filter((event) => event.name === name).map((event) => event.get('Bridge-B-Unique-ID'))
const gone = (party: Party) => waitFor(() => channelOf(party) === undefined, { what: 'the channel has ended' })

beforeAll(async () => {
  pair = await openMediaPair()
  pair.freeswitch.core.bus.listen({
    wants: (name) => name === 'CHANNEL_BRIDGE' || name === 'CHANNEL_UNBRIDGE' || name === 'CHANNEL_PARK',
    deliver: (event) => void events.push(event),
  })
})

afterAll(() => pair.close())

beforeEach(async () => {
  events = []
  one = await call(400)
  other = await call(700)
})

afterEach(async () => {
  for (const party of [one, other]) {
    party.phone.close()
    await channelOf(party)?.hangUp('NORMAL_CLEARING')
  }
  expect(pair.faults.splice(0)).toEqual([])
})

describe('uuid_bridge', () => {
  it('ends what both were doing; then they hear each other and press keys for each other', async () => {
    const playing = one.endpoint.play('tone_stream://%(20000,0,1100)')
    await one.phone.until(() => one.phone.heard.length >= 5)
    expect(await api('uuid_bridge', `${one.endpoint.uuid} ${other.endpoint.uuid}`)).toBe(`+OK ${other.endpoint.uuid}\n`)
    await playing
    expect(await Promise.all([hears(one, 700), hears(other, 400)])).toEqual([true, true])
    expect(told('CHANNEL_BRIDGE')).toEqual([other.endpoint.uuid])
    one.phone.press('5')
    await waitFor(() => other.phone.digits.some(({ digit }) => digit === '5'), { what: 'the key at the other side' })
  })

  it('leaves executes their place: a muted side is not heard', async () => {
    await api('uuid_bridge', `${one.endpoint.uuid} ${other.endpoint.uuid}`)
    await one.endpoint.execute('set_mute', 'read true')
    expect(await hears(other, 400)).toBe(false)
    await one.endpoint.execute('set_mute', 'read false')
    expect(await hears(other, 400)).toBe(true)
  })

  it('ends with either side: the other one is hung up, unless it parks', async () => {
    await api('uuid_bridge', `${one.endpoint.uuid} ${other.endpoint.uuid}`)
    await hears(other, 400)
    await api('uuid_kill', other.endpoint.uuid)
    await gone(one)
    expect(told('CHANNEL_UNBRIDGE')).toEqual([other.endpoint.uuid])

    ;[one, other] = [await call(400), await call(700)]
    await one.endpoint.set('park_after_bridge', 'true')
    await api('uuid_bridge', `${one.endpoint.uuid} ${other.endpoint.uuid}`)
    await hears(other, 400)
    await api('uuid_kill', other.endpoint.uuid)
    await gone(other)
    const bridged = events.findLastIndex(({ name }) => name === 'CHANNEL_BRIDGE')
    const parks = (event: SwitchEvent) => event.name === 'CHANNEL_PARK' && event.get('Unique-ID') === one.endpoint.uuid
    await waitFor(() => events.slice(bridged).some(parks), { what: 'the first one parks' })
    expect(isUp(one)).toBe(true)
  })

  it('refuses what cannot talk', async () => {
    const { uuid } = one.endpoint
    expect(await api('uuid_bridge', uuid)).toBe('-USAGE: <uuid> <other_uuid>\n')
    expect(await api('uuid_bridge', `${uuid} nobody`)).toBe('-ERR Invalid uuid\n')
    expect(await api('uuid_bridge', `${uuid} ${uuid}`)).toBe('-ERR Invalid uuid\n')
    expect(await api('uuid_bridge', `${uuid} nobody ${other.endpoint.uuid}`)).toBe(`+OK ${other.endpoint.uuid}\n`)
  })
})

describe('uuid_transfer', () => {
  it('of both sides parks them, and neither hears the other', async () => {
    await api('uuid_bridge', `${one.endpoint.uuid} ${other.endpoint.uuid}`)
    await hears(other, 400)
    expect(await api('uuid_transfer', `${one.endpoint.uuid} -both park inline`)).toBe('+OK\n')
    await waitFor(() => [one, other].every((party) => channelOf(party)?.running?.application === 'park'), {
      what: 'both park',
    })
    await one.endpoint.play('tone_stream://v=-7;%(400,0,1100)')
    expect([isUp(one), isUp(other)]).toEqual([true, true])
    expect(toneLevel(one.phone.samples(one.phone.heard.length - 15), 700)).toBeLessThan(200)
  })

  it('runs one application after the other, then hangs up', async () => {
    await api('uuid_transfer', `${one.endpoint.uuid} m:^:set:passed=yes^playback:tone_stream://%(100,0,500) inline`)
    const channel = channelOf(one)
    await gone(one)
    expect(channel?.variables.get('passed')).toBe('yes')
    expect(channel?.hangupCause).toBe('NORMAL_CLEARING')
  })

  it('of one side takes the other with it no further', async () => {
    await api('uuid_bridge', `${one.endpoint.uuid} ${other.endpoint.uuid}`)
    await hears(other, 400)
    expect(await api('uuid_transfer', `${one.endpoint.uuid} -bleg park inline`)).toBe('+OK\n')
    await gone(one)
    expect(isUp(other)).toBe(true)
  })

  it('refuses a channel that is not there; a dialplan that nobody knows ends the channel', async () => {
    expect(await api('uuid_transfer', 'nobody park inline')).toBe('-ERR No such channel!\n')
    expect(await api('uuid_transfer', one.endpoint.uuid)).toMatch(/^-USAGE: <uuid> \[-bleg/)
    expect(await api('uuid_transfer', `${one.endpoint.uuid} 1000 nowhere`)).toBe('+OK\n')
    await gone(one)
    expect(isUp(other)).toBe(true)
  })
})
