/**
 * How executes follow, nest and are broken off, told by the channel's events: the same orders to both servers, the same
 * story from both.
 */
import { expect } from 'vitest'
import { openDesk } from './wire/desk-tests.ts'

const at = openDesk()

const played = ['EXECUTE playback', 'PLAYBACK_START', 'PLAYBACK_STOP done', 'COMPLETE playback FILE PLAYED']
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

at.onCall('a play inside a play is heard at once, and the one around it goes on afterwards', async (call) => {
  const outer = await call.play(at.long)
  await call.execute('playback', at.short)
  await call.break(outer)
  expect(call.story()).toEqual([
    'EXECUTE playback',
    'PLAYBACK_START',
    ...played,
    'PLAYBACK_STOP break',
    'COMPLETE playback FILE PLAYED',
  ])
})

at.onCall('one break ends all plays that are nested, the innermost first', async (call) => {
  const outer = await call.play(at.long)
  await call.play(at.long)
  await call.break(outer)
  expect(call.story()).toEqual([
    ...Array.from({ length: 2 }, () => ['EXECUTE playback', 'PLAYBACK_START']).flat(),
    ...Array.from({ length: 2 }, () => ['PLAYBACK_STOP break', 'COMPLETE playback FILE PLAYED']).flat(),
  ])
})

at.onCall('executes sent in one breath nest, each begun when the one before is heard', async (call) => {
  const all = await Promise.all([
    call.begin('playback', at.short),
    call.begin('set', 'a=1'),
    call.begin('playback', at.short),
  ])
  for (const uuid of all) await call.completed(uuid)
  expect(call.story()).toEqual([
    'EXECUTE playback',
    'PLAYBACK_START',
    'EXECUTE set',
    'COMPLETE set _none_',
    ...played,
    'PLAYBACK_STOP done',
    'COMPLETE playback FILE PLAYED',
  ])
})

at.onCall('event-lock keeps the next ones waiting until it has ended', async (call) => {
  await call.play(at.short, ['event-lock: true'])
  await call.begin('set', 'x=1')
  await call.execute('playback', at.short)
  expect(call.story()).toEqual([...played, 'EXECUTE set', 'COMPLETE set _none_', ...played])
})

at.onCall('a break ends the locked one, and the one that waits begins', async (call) => {
  const first = await call.play(at.long, ['event-lock: true'])
  const next = await call.begin('set', 'x=1')
  await call.break(first)
  await call.completed(next)
  expect(await call.variable('x')).toBe('1')
})

at.onCall('a break of all ends the locked one and drops those that wait', async (call) => {
  const first = await call.play(at.long, ['event-lock: true'])
  await call.begin('set', 'x=1')
  await call.begin('playback', at.long)
  await call.break(first, 'all')
  await call.execute('set', 'y=1')
  expect(call.story().filter((line) => line.startsWith('EXECUTE'))).toEqual(['EXECUTE playback', 'EXECUTE set'])
  expect(await call.variable('x')).toBe('_undef_')
})

at.onCall(
  'a hang-up by us ends nested plays from the inside out, then the client’s turn, then the channel',
  async (call) => {
    await call.play(at.long)
    await call.play(at.long)
    await call.api('uuid_kill')
    await call.over()
    // There the channel's own thread sees the end before the thread that makes it has told of it, or after; and a play
    // that has seen it so says that it failed. Its completion says in either case that the channel is hung up.
    const story = call.story().map((line) => line.replace(/^(COMPLETE playback) PLAYBACK ERROR$/, '$1 FILE PLAYED'))
    const hangUp = story.indexOf('HANGUP NORMAL_CLEARING')
    expect(hangUp).toBeGreaterThanOrEqual(4)
    expect(hangUp).toBeLessThan(story.indexOf('UNPARK'))
    expect(story.toSpliced(hangUp, 1)).toEqual([
      ...Array.from({ length: 2 }, () => ['EXECUTE playback', 'PLAYBACK_START']).flat(),
      ...Array.from({ length: 2 }, () => ['PLAYBACK_STOP done', 'COMPLETE playback FILE PLAYED']).flat(),
      'UNPARK',
      'COMPLETE socket FILE PLAYED',
      'HANGUP_COMPLETE',
      'DESTROY',
    ])
  },
)

at.onCall('a far end that hangs up leaves a play that has failed', async (call) => {
  await call.play(at.long)
  await call.phone.hangUp()
  const end = await call.over()
  expect(call.story().slice(2)).toEqual([
    'HANGUP NORMAL_CLEARING',
    'PLAYBACK_STOP done',
    'COMPLETE playback PLAYBACK ERROR',
    'UNPARK',
    'COMPLETE socket PLAYBACK ERROR',
    'HANGUP_COMPLETE',
    'DESTROY',
  ])
  expect(end.get('variable_sip_hangup_disposition')).toBe('recv_bye')
})

at.onCall('hangup inside a play completes before the play does', async (call) => {
  await call.play(at.long)
  await call.begin('hangup', '19')
  await call.over()
  expect(call.story().slice(2, 6)).toEqual([
    'EXECUTE hangup',
    'HANGUP NO_ANSWER',
    'COMPLETE hangup _none_',
    'PLAYBACK_STOP done',
  ])
})

at.onCall('a message hangs up with the cause it names', async (call) => {
  expect(await call.own.say('sendmsg\ncall-command: hangup\nhangup-cause: NO_ANSWER')).toBe('+OK')
  await call.over()
  expect(call.story()[0]).toBe('HANGUP NO_ANSWER')
})

at.onCall('uuid_kill takes the cause as a name or a number, and its answer does not wait for the end', async (call) => {
  expect(await call.api('uuid_kill', '17')).toBe('+OK\n')
  expect((await call.over()).get('Hangup-Cause')).toBe('USER_BUSY')
})

at.onCall('nobody else’s execute reaches a channel that has been hung up', async (call) => {
  await call.play(at.long)
  await call.api('uuid_kill')
  const order = `sendmsg ${call.uuid}\ncall-command: execute\nexecute-app-name: set\nexecute-app-arg: a=1`
  expect(await call.watch.say(order)).toBe(`-ERR invalid session id [${call.uuid}]`)
  await call.over()
})

at.onCall('an execute without an identity of its own gets one', async (call) => {
  await call.own.command('sendmsg\ncall-command: execute\nexecute-app-name: set\nexecute-app-arg: a=1')
  const done = await call.event('CHANNEL_EXECUTE_COMPLETE')
  expect(done.get('Application-UUID')).toMatch(/^[0-9a-f-]{36}$/)
})

at.onCall('an argument may stand in the message’s body', async (call) => {
  const text = 'a=what stands in the body'
  await call.own.command(
    `sendmsg\ncall-command: execute\nexecute-app-name: set\nContent-Type: text/plain\nContent-Length: ${text.length}\n\n${text}`,
  )
  await call.event('CHANNEL_EXECUTE_COMPLETE')
  expect(await call.variable('a')).toBe('what stands in the body')
})

at.onCall('a sleep ends by a break', async (call) => {
  await call.break(await call.start('sleep', '20000'))
  expect(call.story()).toEqual(['EXECUTE sleep', 'COMPLETE sleep _none_'])
})

at.onCall('a sleep serves an execute meanwhile', async (call) => {
  const sleep = await call.start('sleep', '500')
  await call.execute('set', 'a=1')
  await call.completed(sleep)
  expect(call.story()).toEqual(['EXECUTE sleep', 'EXECUTE set', 'COMPLETE set _none_', 'COMPLETE sleep _none_'])
})

at.onCall('a sleep of no length is none', async (call) => {
  await call.execute('sleep', 'soon')
  await call.execute('sleep')
  expect(call.story()).toEqual(Array.from({ length: 2 }, () => ['EXECUTE sleep', 'COMPLETE sleep _none_']).flat())
})

at.onCall('loops runs it so many times', async (call) => {
  await call.begin('playback', await at.pair.tone(300, 600), ['loops: 2'])
  const completions = () => call.events.filter(({ name }) => name === 'CHANNEL_EXECUTE_COMPLETE').length
  await call.watch.until(() => completions() === 2, 'both runs')
  expect(call.story()).toEqual([...played, ...played])
})

at.onCall('loops stops at a run of less than half a second', async (call) => {
  await call.begin('playback', await at.pair.tone(300, 100), ['loops: 3'])
  await wait(700)
  expect(call.story()).toEqual(played)
})

at.onCall('of a list of files a break ends the one that plays', async (call) => {
  await call.execute('set', 'playback_delimiter=!')
  call.mark()
  const play = await call.play(`${at.long}!${at.short}`)
  await call.break(play)
  expect(call.story()).toEqual(['EXECUTE playback', 'PLAYBACK_START', 'PLAYBACK_STOP break', ...played.slice(1)])
})

at.onCall('a list goes on behind a file that is not there, and the last one says how it was', async (call) => {
  await call.execute('set', 'playback_delimiter=!')
  expect((await call.execute('playback', `/nowhere.wav!${at.short}`)).get('Application-Response')).toBe('FILE PLAYED')
  expect((await call.execute('playback', `${at.short}!/nowhere.wav`)).get('Application-Response')).toBe(
    'FILE NOT FOUND',
  )
})

at.onCall('a play begins where it is told, and says how far it came', async (call) => {
  const done = await call.execute('playback', `${await at.pair.tone(300, 1000)}@@6400`)
  const told = ['ms', 'samples', 'seconds', 'last_offset_pos'].map((name) => done.get(`variable_playback_${name}`))
  expect(told).toEqual(['200', '1600', '0', '8000'])
})

at.onCall('a play that takes longer than it may has failed, and was not broken off', async (call) => {
  await call.execute('set', 'playback_timeout_sec=2')
  call.mark()
  await call.execute('playback', await at.pair.tone(300, 6000))
  expect(call.story().slice(2)).toEqual(['PLAYBACK_STOP done', 'COMPLETE playback PLAYBACK ERROR'])
})

at.onCall('a play of nothing has failed', async (call) => {
  await call.execute('playback')
  expect(call.story()).toEqual(['EXECUTE playback', 'COMPLETE playback PLAYBACK ERROR'])
})

at.onCall('silence and tones are played for their time', async (call) => {
  const silence = await call.execute('playback', 'silence_stream://300')
  const tones = await call.execute('playback', 'tone_stream://%(200,100,500);loops=2')
  expect([silence, tones].map((done) => done.get('variable_playback_ms'))).toEqual(['300', '600'])
  expect(call.story()).toEqual([...played, ...played])
})

at.onCall('gentones plays without telling of it', async (call) => {
  await call.execute('gentones', '%(200,100,500)|2')
  expect(call.story()).toEqual(['EXECUTE gentones', 'COMPLETE gentones _none_'])
})

at.onCall('a channel that is parked cannot be parked again', async (call) => {
  await call.execute('park')
  expect(call.story()).toEqual(['EXECUTE park', 'COMPLETE park _none_'])
})

at.onCall('a broadcast plays into whatever plays', async (call) => {
  const outer = await call.play(at.long)
  expect(await call.api('uuid_broadcast', at.short)).toBe('+OK Message sent\n')
  await call.event('CHANNEL_EXECUTE_COMPLETE')
  await call.break(outer)
  expect(call.story().slice(2, 6)).toEqual(played)
})

at.onCall('a broadcast may be any application, and hang up behind it', async (call) => {
  expect(await call.api('uuid_broadcast', 'set::b=2')).toBe('+OK Message sent\n')
  await call.event('CHANNEL_EXECUTE_COMPLETE')
  expect(await call.variable('b')).toBe('2')
  call.mark()
  await call.api('uuid_broadcast', `playback!user_busy::${at.short}`)
  await call.over()
  expect(call.story().slice(0, 6)).toEqual([...played, 'EXECUTE hangup', 'HANGUP USER_BUSY'])
})

at.onCall('set, multiset, export and unset change variables, and expand what they are given', async (call) => {
  await call.execute('set', 'a=1')
  // biome-ignore lint/suspicious/noTemplateCurlyInString: FreeSWITCH's own way to name a variable
  await call.execute('set', 'b=${a}2')
  await call.execute('multiset', '^^;c=3;d=4 and more')
  await call.execute('export', 'e=5')
  await call.execute('unset', 'a')
  const values = await Promise.all(['a', 'b', 'c', 'd', 'e', 'export_vars'].map((name) => call.variable(name)))
  expect(values).toEqual(['_undef_', '12', '3', '4 and more', '5', 'e'])
})

at.onCall('applications that only tell complete at once', async (call) => {
  for (const [application, argument] of [
    ['log', 'INFO a line'],
    ['info', ''],
    ['eval', 'x'],
    ['flush_dtmf', ''],
    ['pre_answer', ''],
    ['ring_ready', ''],
    ['answer', ''],
  ] as const) {
    expect((await call.execute(application, argument)).get('Application-Response')).toBe('_none_')
  }
})

at.onCall('a client may have an event of the channel sent', async (call) => {
  await call.execute('event', 'Event-Name=CUSTOM,Event-Subclass=suifang::test,colour=green')
  const sent = await call.event('CUSTOM', { 'Event-Subclass': 'suifang::test' })
  expect([sent.get('colour'), sent.get('Unique-ID')]).toEqual(['green', call.uuid])
})

at.onCall('an endless play begins again and again, until its channel is gone', async (call) => {
  const play = await call.start('endless_playback', at.short)
  await call.watch.until(() => call.story().filter((line) => line === 'PLAYBACK_START').length === 2, 'a second time')
  await call.api('uuid_kill')
  await call.completed(play)
  await call.over()
  expect(call.story().slice(0, 4)).toEqual([
    'EXECUTE endless_playback',
    'PLAYBACK_START',
    'PLAYBACK_STOP done',
    'PLAYBACK_START',
  ])
})
