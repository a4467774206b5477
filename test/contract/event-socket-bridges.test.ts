/**
 * Two channels that talk to each other, one that listens in, channels on hold, and channels that are sent elsewhere:
 * `uuid_bridge`, `eavesdrop`, `uuid_hold`, `transfer` and its kin.
 */
import { expect, test } from 'vitest'
import { toneLevel } from '../harness/tones.ts'
import { expectToHear } from './desk-phone.ts'
import { openDesk } from './wire/desk-tests.ts'
import type { MediaCall } from './wire/media-desk.ts'

const at = openDesk()
const tones = [400, 700, 1000]

/** Calls of their own that hum 400, 700 and 1000 Hz. */
function onCalls(name: string, count: number, run: (a: MediaCall, b: MediaCall, c: MediaCall) => Promise<void>): void {
  test.concurrent(name, async () => {
    const calls = await Promise.all(tones.slice(0, count).map((hum) => at.desk.call({ hum })))
    try {
      for (const call of calls) call.mark()
      const [a, b, c] = calls
      await run(part(a), part(b), c ?? part(a))
    } finally {
      await Promise.all(calls.map((call) => call.end()))
    }
  })
}

async function bridge(a: MediaCall, b: MediaCall): Promise<void> {
  expect(await a.watch.api(`uuid_bridge ${a.uuid} ${b.uuid}`)).toBe(`+OK ${b.uuid}\n`)
  await Promise.all([a.event('CHANNEL_BRIDGE'), b.state('CS_EXCHANGE_MEDIA')])
}

/** The first two are bridged. */
function onBridge(name: string, run: (a: MediaCall, b: MediaCall, c: MediaCall) => Promise<void>, count = 2): void {
  onCalls(name, count, async (a, b, c) => {
    await bridge(a, b)
    for (const call of [a, b]) call.mark()
    await run(a, b, c)
  })
}

function part(call: MediaCall | undefined): MediaCall {
  if (call === undefined) throw new Error('no such call')
  return call
}

const hears = (call: MediaCall, ...heard: number[]) => expectToHear(call.phone.rtp, heard, tones)

onCalls('two channels that are bridged leave what they did, and tell each step', 2, async (a, b) => {
  await a.play(at.long)
  await bridge(a, b)
  expect(a.steps()).toEqual([
    'EXECUTE playback',
    'PLAYBACK_START',
    'PLAYBACK_STOP done',
    'COMPLETE playback PLAYBACK ERROR',
    'UNPARK',
    'COMPLETE socket PLAYBACK ERROR',
    ...['CS_HIBERNATE', 'CS_RESET', 'CS_SOFT_EXECUTE'],
    'EXECUTE uuid_bridge',
    'BRIDGE',
  ])
  // The real server may be through CS_CONSUME_MEDIA before it could tell.
  expect(b.steps().filter((step) => step !== 'CS_CONSUME_MEDIA')).toEqual([
    ...['UNPARK', 'COMPLETE socket _none_', 'CS_HIBERNATE', 'CS_RESET', 'CS_SOFT_EXECUTE'],
    ...['EXECUTE uuid_bridge', 'CS_EXCHANGE_MEDIA'],
  ])
  const told = await a.event('CHANNEL_BRIDGE', { 'Bridge-A-Unique-ID': a.uuid, 'Bridge-B-Unique-ID': b.uuid })
  expect([told.get('Other-Type'), told.get('Other-Leg-Unique-ID')]).toEqual(['originatee', b.uuid])
  expect(
    await Promise.all(['bridge_uuid', 'bridge_to', 'last_bridge_to', 'signal_bond'].map((name) => a.variable(name))),
  ).toEqual(Array.from({ length: 4 }, () => b.uuid))
  expect(await b.variable('call_uuid')).toBe(a.uuid)
})

// Each leg tells of itself: which of the two comes first is left open on the real server.
onCalls('two that are bridged are told whom they talk to', 2, async (a, b) => {
  await bridge(a, b)
  const [first, second] = await Promise.all([b.event('CALL_UPDATE'), a.event('CALL_UPDATE')])
  for (const [told, peer] of [
    [first, a],
    [second, b],
  ] as const) {
    expect(told.get('Direction')).toBe('SEND')
    expect([told.get('Sent-Callee-ID-Number'), told.get('Bridged-To')]).toEqual(['1001', peer.uuid])
  }
  for (const call of [a, b]) call.mark()
  await a.api('uuid_transfer', '-both park inline')
  await Promise.all([a.event('CHANNEL_PARK'), b.event('CHANNEL_PARK')])
  expect((await b.event('CALL_UPDATE')).get('Direction')).toBe('RECV')
  for (const call of [a, b]) call.mark()
  await bridge(a, b)
  await Promise.all([hears(a, 700), hears(b, 400)])
  expect([a, b].flatMap((call) => call.events.filter(({ name }) => name === 'CALL_UPDATE'))).toEqual([])
})

onBridge('who is bridged hears the other, and not itself', async (a, b) => {
  await Promise.all([hears(a, 700), hears(b, 400)])
})

onBridge('a key is told on its side, and pressed for the other', async (a, b) => {
  a.phone.rtp.press('5', 1600)
  await a.event('DTMF', { 'DTMF-Digit': '5' })
  await b.phone.rtp.until(() => b.phone.rtp.digits.length > 0)
  expect(b.phone.rtp.digits[0]?.digit).toBe('5')
  expect(b.steps()).toEqual([])
})

onBridge('a prompt in a bridge is heard on its side alone, and a break leaves the bridge', async (a, b) => {
  expect(await a.api('uuid_break', 'all')).toBe('+OK\n')
  const broadcast = await a.api('uuid_broadcast', `${at.short} both`)
  expect(broadcast).toBe('+OK Message sent\n')
  await Promise.all([a, b].map((call) => call.event('CHANNEL_EXECUTE_COMPLETE', { Application: 'playback' })))
  expect(a.steps()).toEqual([
    'EXECUTE playback',
    'PLAYBACK_START',
    'PLAYBACK_STOP done',
    'COMPLETE playback FILE PLAYED',
  ])
  await Promise.all([hears(a, 700), hears(b, 400)])
})

onBridge('when the originator hangs up, so is the other, for no cause of its own', async (a, b) => {
  expect(await a.api('uuid_kill', 'USER_BUSY')).toBe('+OK\n')
  await Promise.all([a.over(), b.over()])
  expect(a.story().slice(0, 2)).toEqual(['HANGUP USER_BUSY', 'UNBRIDGE'])
  expect(b.story()[0]).toBe('HANGUP NORMAL_CLEARING')
})

onBridge('when the other hangs up, the originator goes on to its end', async (a, b) => {
  await b.phone.hangUp()
  await Promise.all([a.over(), b.over()])
  expect(a.steps().slice(0, 3)).toEqual(['UNBRIDGE', 'CS_EXECUTE', 'HANGUP NORMAL_CLEARING'])
  expect(b.story()).not.toContain('UNBRIDGE')
})

onBridge('hangup_after_bridge ends the originator for the cause of the other', async (a, b) => {
  await a.api('uuid_setvar', 'hangup_after_bridge true')
  expect(await b.api('uuid_kill', 'USER_BUSY')).toBe('+OK\n')
  await Promise.all([a.over(), b.over()])
  expect(a.story().slice(0, 2)).toEqual(['UNBRIDGE', 'HANGUP USER_BUSY'])
})

for (const which of [0, 1]) {
  onBridge(
    `park_after_bridge keeps the ${which === 0 ? 'originator' : 'other'}, parked in a state of its own`,
    async (...pair) => {
      const [left, gone] = which === 0 ? [pair[0], pair[1]] : [pair[1], pair[0]]
      await left.api('uuid_setvar', 'park_after_bridge true')
      await gone.phone.hangUp()
      await Promise.all([left.event('CHANNEL_PARK'), gone.over()])
      expect(left.steps()).toEqual([...(which === 0 ? ['UNBRIDGE'] : []), 'CS_PARK', 'PARK'])
      expect(await left.variable('bridge_hangup_cause')).toBe('NORMAL_CLEARING')
    },
  )
}

onBridge('transfer_after_bridge sends the originator on, or hangs it up where there is nothing', async (a, b) => {
  await a.api('uuid_setvar', 'transfer_after_bridge 1234:XML:nowhere')
  await b.phone.hangUp()
  await a.over()
  expect(a.steps().slice(0, 3)).toEqual(['UNBRIDGE', 'CS_ROUTING', 'HANGUP NO_ROUTE_DESTINATION'])
})

onBridge('both are sent to wait, and hear each other no more', async (a, b) => {
  expect(await a.api('uuid_transfer', '-both park inline')).toBe('+OK\n')
  await Promise.all([a.event('CHANNEL_PARK'), b.event('CHANNEL_PARK')])
  expect(a.steps()).toEqual(['UNBRIDGE', 'CS_ROUTING', 'CS_EXECUTE', 'EXECUTE park', 'PARK'])
  expect(b.steps()).toEqual(['CS_ROUTING', 'CS_EXECUTE', 'EXECUTE park', 'PARK'])
  await a.watch.api('msleep 300')
  const marks = [a, b].map((call) => call.phone.rtp.heard.length)
  await a.watch.api('msleep 300')
  const heard = [a, b].map((call, which) => toneLevel(call.phone.rtp.samples(marks[which]), which === 0 ? 700 : 400))
  expect(Math.max(...heard)).toBeLessThan(250)
})

onBridge('the originator is sent elsewhere: the other is hung up', async (a, b) => {
  expect(await a.api('uuid_transfer', 'park inline')).toBe('+OK\n')
  await Promise.all([a.event('CHANNEL_PARK'), b.over()])
  expect(a.steps()).toEqual(['UNBRIDGE', 'CS_ROUTING', 'CS_EXECUTE', 'EXECUTE park', 'PARK'])
})

onBridge('the other leg is sent elsewhere: the originator is hung up', async (a, b) => {
  expect(await a.api('uuid_transfer', '-bleg park inline')).toBe('+OK\n')
  await Promise.all([a.over(), b.event('CHANNEL_PARK')])
  expect(b.steps()).toEqual(['CS_ROUTING', 'CS_EXECUTE', 'EXECUTE park', 'PARK'])
})

onBridge('one that is parked leaves the bridge', async (a, b) => {
  expect(await a.api('uuid_park')).toBe('+OK\n')
  await Promise.all([a.event('CHANNEL_PARK'), b.over()])
  expect(a.steps()).toEqual(['UNBRIDGE', 'CS_PARK', 'PARK'])
})

onBridge(
  'one that is bridged anew leaves the one it had',
  async (a, b, c) => {
    expect(await a.watch.api(`uuid_bridge ${a.uuid} ${c.uuid}`)).toBe(`+OK ${c.uuid}\n`)
    await Promise.all([b.over(), a.event('CHANNEL_BRIDGE', { 'Bridge-B-Unique-ID': c.uuid })])
    expect(a.steps()).toEqual(['UNBRIDGE', 'CS_RESET', 'CS_SOFT_EXECUTE', 'EXECUTE uuid_bridge', 'BRIDGE'])
    await Promise.all([hears(a, 1000), hears(c, 400)])
  },
  3,
)

onBridge(
  'who listens in hears both, is heard by those its keys name, and leaves by *',
  async (a, b, c) => {
    const spying = await c.start('eavesdrop', a.uuid)
    await Promise.all([hears(a, 700), hears(b, 400), hears(c, 400, 700)])
    c.phone.rtp.press('1', 1600)
    await c.event('DTMF', { 'DTMF-Digit': '1' })
    await Promise.all([hears(a, 700), hears(b, 400, 1000)])
    c.phone.rtp.press('2', 1600)
    await c.event('DTMF', { 'DTMF-Digit': '2' })
    await Promise.all([hears(a, 700, 1000), hears(b, 400), hears(c, 400, 700)])
    c.phone.rtp.press('*', 1600)
    await c.completed(spying)
  },
  3,
)

onBridge(
  'a channel that says so hears one side, and whispers from the beginning',
  async (a, b, c) => {
    await c.execute('multiset', 'eavesdrop_bridge_aleg=true eavesdrop_whisper_aleg=true')
    await c.start('eavesdrop', a.uuid)
    await Promise.all([hears(a, 700), hears(b, 400, 1000), hears(c, 400)])
  },
  3,
)

onCalls(
  'listening in ends with the other channel; a break does not end it, and nothing begins inside',
  2,
  async (a, c) => {
    const spying = await c.start('eavesdrop', a.uuid)
    expect(await c.api('uuid_break')).toBe('+OK\n')
    const later = await c.begin('set', 'x=1')
    await hears(c, 400)
    await a.phone.hangUp()
    await c.completed(spying)
    await c.completed(later)
    expect(c.story()).toEqual(['EXECUTE eavesdrop', 'COMPLETE eavesdrop _none_', 'EXECUTE set', 'COMPLETE set _none_'])
  },
)

at.onCall('nobody there to listen in on: it completes at once', async (call) => {
  for (const nobody of ['', 'nope', call.uuid]) {
    expect((await call.execute('eavesdrop', nobody)).get('Application-Response')).toBe('_none_')
  }
})

at.onCall('a parked channel is dead, or silent when it has said so before it parked', async (call) => {
  const before = call.phone.rtp.heard.length
  await call.watch.api('msleep 300')
  expect(call.phone.rtp.heard.length).toBe(before)
  expect(await call.api('uuid_transfer', 'set:send_silence_when_idle=-1,park inline')).toBe('+OK\n')
  await call.phone.rtp.until(() => call.phone.rtp.heard.length >= before + 15)
  expect(Math.max(...call.phone.rtp.samples(before).map(Math.abs))).toBeLessThan(100)
})

at.onCall('a channel is put on hold and taken back: its telephone is told, and the clients', async (call) => {
  expect(await call.api('uuid_hold')).toBe('+OK Success\n')
  expect(await call.phone.offered()).toBe('sendonly')
  await call.event('CHANNEL_HOLD')
  expect(await call.api('uuid_hold')).toBe('-ERR Operation failed\n')
  expect(await call.watch.api(`uuid_hold off ${call.uuid}`)).toBe('+OK Success\n')
  expect(await call.phone.offered()).toBe('sendrecv')
  await Promise.all([call.event('CHANNEL_UNHOLD'), call.event('CHANNEL_CALLSTATE', { 'Channel-Call-State': 'ACTIVE' })])
  expect(await call.watch.api(`uuid_hold off ${call.uuid}`)).toBe('-ERR Operation failed\n')
  expect(await call.watch.api(`uuid_hold toggle ${call.uuid}`)).toBe('+OK Success\n')
  expect(await call.phone.offered()).toBe('sendonly')
  await call.event('CHANNEL_CALLSTATE', { 'Original-Channel-Call-State': 'ACTIVE', 'Channel-Call-State': 'HELD' })
  expect(call.callStates().slice(0, 3)).toEqual(['HELD', 'UNHELD', 'ACTIVE'])
  expect(await call.watch.api('uuid_hold')).toBe('-USAGE: [off|toggle] <uuid> [<display>]\n-ERR Operation failed\n')
})

onBridge('one of a bridge on hold neither hears nor is heard, and the other hears its music', async (a, b) => {
  const music = await at.pair.tone(1000, 20_000)
  for (const call of [a, b]) expect(await call.api('uuid_setvar', `hold_music ${music}`)).toBe('+OK\n')
  // The real server plays nothing to one that has just come into the bridge.
  await Promise.all([hears(a, 700), hears(b, 400)])
  expect(await a.api('uuid_hold')).toBe('+OK Success\n')
  await Promise.all([a.phone.offered(), b.event('PLAYBACK_START')])
  await hears(b, 1000)
  expect(await a.watch.api(`uuid_hold off ${a.uuid}`)).toBe('+OK Success\n')
  await Promise.all([a.phone.offered(), b.event('CHANNEL_EXECUTE_COMPLETE', { Application: 'playback' })])
  await Promise.all([hears(a, 700), hears(b, 400)])
})

at.onCall('a channel that plays is sent elsewhere: what is there runs, and then it is hung up', async (call) => {
  await call.play(at.long)
  expect(await call.api('uuid_transfer', 'set:a=1,hangup:USER_BUSY inline')).toBe('+OK\n')
  await call.over()
  const story = call.steps()
  expect(story.slice(0, 13)).toEqual([
    'EXECUTE playback',
    'PLAYBACK_START',
    'PLAYBACK_STOP done',
    'COMPLETE playback PLAYBACK ERROR',
    'UNPARK',
    'COMPLETE socket PLAYBACK ERROR',
    'CS_ROUTING',
    'CS_EXECUTE',
    'EXECUTE set',
    'COMPLETE set _none_',
    'EXECUTE hangup',
    'HANGUP USER_BUSY',
    'COMPLETE hangup _none_',
  ])
  expect(call.callStates().slice(0, 2)).toEqual(['RINGING', 'ACTIVE'])
})

at.onCall('a number of the dialplan calls the client anew; the first connection goes on', async (call) => {
  const again = call.again()
  expect(await call.api('uuid_transfer', '1234')).toBe('+OK\n')
  const second = await again
  await call.event('CHANNEL_PARK')
  expect(second.closed || call.own.closed).toBe(false)
  expect(call.steps().slice(0, 4)).toEqual(['UNPARK', 'COMPLETE socket _none_', 'CS_ROUTING', 'CS_EXECUTE'])
  expect((await call.execute('set', 'x=1')).get('Application')).toBe('set')
  second.close()
})

for (const nowhere of ['1234 XML nowhere', '1234 nowhere']) {
  at.onCall(`a way that leads nowhere (${nowhere}) ends the channel`, async (call) => {
    expect(await call.api('uuid_transfer', nowhere)).toBe('+OK\n')
    await call.over()
    expect(call.steps().slice(0, 4)).toEqual([
      'UNPARK',
      'COMPLETE socket _none_',
      'CS_ROUTING',
      'HANGUP NO_ROUTE_DESTINATION',
    ])
  })
}

at.onCall('the application transfer leads on from inside; without a way it does nothing', async (call) => {
  for (const nothing of ['', '-bleg park inline']) await call.execute('transfer', nothing)
  call.mark()
  await call.begin('transfer', 'set:a=1,park inline')
  await call.event('CHANNEL_PARK')
  expect(call.steps()).toEqual([
    'EXECUTE transfer',
    'COMPLETE transfer _none_',
    'UNPARK',
    'COMPLETE socket _none_',
    'CS_ROUTING',
    'CS_EXECUTE',
    'EXECUTE set',
    'COMPLETE set _none_',
    'EXECUTE park',
    'PARK',
  ])
  expect(call.own.closed).toBe(false)
})

at.onCall('a transfer and a prompt can be scheduled, by a command and from inside', async (call) => {
  expect(await call.watch.api('sched_transfer')).toBe('-USAGE: [+]<time> <uuid> <extension> [<dialplan>] [<context>]\n')
  expect(await call.watch.api('sched_transfer +1 nope park inline')).toBe('-ERR No such channel!\n')
  expect(await call.watch.api(`sched_transfer +1 ${call.uuid} set:a=1,park inline`)).toBe('+OK\n')
  await call.event('CHANNEL_PARK')
  expect(await call.variable('a')).toBe('1')
  call.mark()
  await call.begin('sched_transfer', '+1 set:a=2,park inline')
  await call.event('CHANNEL_PARK')
  expect(await call.variable('a')).toBe('2')
  call.mark()
  await call.begin('sched_broadcast', `+1 ${at.short} aleg`)
  const heard = await call.event('CHANNEL_EXECUTE_COMPLETE', { Application: 'playback' })
  expect(heard.get('Application-Response')).toBe('FILE PLAYED')
})

at.onCall('a parked channel waits in no application, and still executes', async (call) => {
  expect(await call.api('uuid_park')).toBe('+OK\n')
  await call.event('CHANNEL_PARK')
  expect(call.steps()).toEqual(['UNPARK', 'COMPLETE socket _none_', 'CS_PARK', 'PARK'])
  expect((await call.execute('playback', at.short)).get('Application-Response')).toBe('FILE PLAYED')
  expect(await call.watch.api('uuid_park nope')).toBe('-ERR No such channel!\n')
})

at.onCall('nothing speaks: say and speak complete, unless what is to speak is not even named', async (call) => {
  for (const [application, argument] of [
    ['say', 'en number pronounced 123'],
    ['say', ''],
    ['speak', 'flite|kal|hello'],
    ['speak', ''],
  ] as const) {
    expect((await call.execute(application, argument)).get('Application-Response')).toBe('_none_')
  }
  await call.begin('speak', 'hello')
  expect((await call.over()).get('Hangup-Cause')).toBe('DESTINATION_OUT_OF_ORDER')
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
