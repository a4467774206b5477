/** The event socket’s own commands, on connections of no channel and on a channel’s: what is answered, what is then sent. */
import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { openDesk } from './wire/desk-tests.ts'
import type { EventSocketClient } from './wire/event-socket-client.ts'

const at = openDesk()

function onConnection(name: string, run: (client: EventSocketClient) => Promise<void>): void {
  test.concurrent(name, async () => {
    const client = await at.desk.signIn()
    try {
      await run(client)
    } finally {
      client.close()
    }
  })
}

/** An event of our own, so that nobody else’s is needed. */
const send = (client: EventSocketClient, subclass: string, headers: readonly string[] = [], body = '') =>
  client.command(
    [
      'sendevent CUSTOM',
      `Event-Subclass: ${subclass}`,
      ...headers,
      ...(body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]),
    ].join('\n') + (body === '' ? '' : `\n\n${body}`),
  )

const ofSubclass = (client: EventSocketClient, subclass: string) =>
  client.events.filter((event) => event.get('Event-Subclass') === subclass)

/** Whatever was sent before it has come, when its own event has. */
async function flush(client: EventSocketClient): Promise<void> {
  const last = `suifang::${randomUUID()}`
  await client.command(`event plain CUSTOM ${last}`)
  await send(client, last)
  await client.event((event) => event.get('Event-Subclass') === last, 'our own event')
}

describe('before the password', () => {
  test('a connection is greeted, and a wrong password ends it', async () => {
    const stranger = await at.desk.reach()
    await stranger.until(() => stranger.notices.length > 0, 'the greeting')
    expect(Object.fromEntries(stranger.notices[0]?.headers ?? [])).toEqual({ 'Content-Type': 'auth/request' })
    expect(await stranger.say('auth wrong')).toBe('-ERR invalid')
    await stranger.gone()
    expect(stranger.notices[1]?.headers.get('Content-Type')).toBe('text/disconnect-notice')
  })

  test('the right one is accepted', async () => {
    const friend = await at.desk.reach()
    expect(await friend.say(`auth ${at.pair.freeswitch.secret}`)).toBe('+OK accepted')
    friend.close()
  })
})

describe('what is refused', () => {
  onConnection('a word that is no command', async (client) => {
    expect(await client.say('frobnicate')).toBe('-ERR command not found')
  })

  onConnection('what only a channel’s connection may say', async (client) => {
    expect(await client.say('linger')).toBe('-ERR not controlling a session')
    expect(await client.say('nolinger')).toBe('-ERR not controlling a session')
    expect(await client.say('divert_events on')).toBe('-ERR not controlling a session.')
    expect(await client.say('getvar a')).toBe('-ERR command not found')
    expect(await client.say('connect')).toBe('-ERR command not found')
  })

  onConnection('a message to nobody', async (client) => {
    expect(await client.say('sendmsg')).toBe('-ERR invalid session id []')
    expect(await client.say('sendmsg nobody')).toBe('-ERR invalid session id [nobody]')
  })

  onConnection('events without a name, a filter without a value', async (client) => {
    expect(await client.say('event plain')).toBe('-ERR no keywords supplied')
    expect(await client.say('event plain NO_SUCH_EVENT')).toBe('-ERR no keywords supplied')
    expect(await client.say('nixevent')).toBe('-ERR no keywords supplied')
    expect(await client.say('filter Unique-ID')).toBe('-ERR invalid syntax')
    expect(await client.say('noevents')).toBe('-ERR not listening for events')
    expect(await client.say('nolog')).toBe('-ERR not loging')
  })

  onConnection('a command of api that is none', async (client) => {
    expect(await client.api('frobnicate x')).toBe('-ERR frobnicate Command not found!\n')
  })
})

describe('events', () => {
  onConnection('come in the form that was asked for', async (client) => {
    const subclass = `suifang::${randomUUID()}`
    expect(await client.say(`event json CUSTOM ${subclass}`)).toBe('+OK event listener enabled json')
    await send(client, subclass, ['Colour: grün %41'])
    const [event] = [await client.event(({ name }) => name === 'CUSTOM', 'the event')]
    expect(event?.get('Colour')).toBe('grün %41')
    expect(await client.say(`event plain CUSTOM ${subclass}`)).toBe('+OK event listener enabled plain')
    await send(client, subclass, ['Colour: 红 a=b'])
    await client.until(() => ofSubclass(client, subclass).length === 2, 'the second event')
    expect(ofSubclass(client, subclass)[1]?.get('Colour')).toBe('红 a=b')
  })

  onConnection('keep their body', async (client) => {
    const subclass = `suifang::${randomUUID()}`
    await client.command(`event json CUSTOM ${subclass}`)
    await send(client, subclass, [], 'two\nlines')
    await client.event((event) => event.body === 'two\nlines', 'the body')
  })

  onConnection(
    'are those that were asked for, whatever the case, with the prefix of the C names too',
    async (client) => {
      expect(await client.say('event plain background_job SWITCH_EVENT_DTMF')).toBe('+OK event listener enabled plain')
      await client.command('bgapi echo x')
      await client.event(({ name }) => name === 'BACKGROUND_JOB', 'the job')
    },
  )

  onConnection('behind CUSTOM every word is a subclass', async (client) => {
    const subclass = `suifang::${randomUUID()}`
    await client.command(`event plain CUSTOM ${subclass} BACKGROUND_JOB`)
    await client.command('bgapi echo x')
    await client.api('msleep 50')
    await flush(client)
    expect(client.events.some(({ name }) => name === 'BACKGROUND_JOB')).toBe(false)
  })

  onConnection('that are nixed come no more, the others do', async (client) => {
    const [one, other] = [`suifang::${randomUUID()}`, `suifang::${randomUUID()}`]
    await client.command(`event plain CUSTOM ${one} ${other}`)
    expect(await client.say(`nixevent CUSTOM ${one}`)).toBe('+OK events nixed')
    await send(client, one)
    await send(client, other)
    await flush(client)
    expect([ofSubclass(client, one).length, ofSubclass(client, other).length]).toEqual([0, 1])
  })

  onConnection('all of them end with noevents', async (client) => {
    const subclass = `suifang::${randomUUID()}`
    await client.command(`event plain CUSTOM ${subclass}`)
    expect(await client.say('noevents')).toBe('+OK no longer listening for events')
    await send(client, subclass)
    await flush(client)
    expect(ofSubclass(client, subclass)).toHaveLength(0)
  })

  onConnection('of our own are told what number they got', async (client) => {
    const { headers } = await send(client, `suifang::${randomUUID()}`)
    expect(headers.get('Reply-Text')).toMatch(/^\+OK [0-9a-f-]{36}$/)
  })
})

describe('a filter', () => {
  const coloured = async (client: EventSocketClient, ...filters: string[]) => {
    const subclass = `suifang::${randomUUID()}`
    for (const filter of filters) await client.command(`filter ${filter}`)
    await client.command(`filter Mark end`)
    await client.command(`event plain CUSTOM ${subclass}`)
    for (const colour of ['red', 'green', 'dark green']) await send(client, subclass, [`Colour: ${colour}`])
    await send(client, subclass, ['Mark: end'])
    await client.event((event) => event.get('Mark') === 'end', 'the last event')
    return client.events.map((event) => event.get('Colour') ?? 'end')
  }

  onConnection('is said back', async (client) => {
    expect(await client.say('filter Colour green')).toBe('+OK filter added. [Colour]=[green]')
    expect(await client.say('filter add Colour dark green')).toBe('+OK filter added. [Colour]=[dark green]')
    expect(await client.say('filter delete Colour green')).toBe('+OK filter deleted. [Colour][green]')
    expect(await client.say('filter delete Colour')).toBe('+OK filter deleted. [Colour][]')
    expect(await client.say('filter delete all')).toBe('+OK filter deleted. [all][]')
  })

  onConnection('lets through what it fits, whatever the case', async (client) => {
    expect(await coloured(client, 'Colour GREEN')).toEqual(['green', 'end'])
  })

  onConnection('lets through what any of several fits', async (client) => {
    expect(await coloured(client, 'Colour green', 'Colour red')).toEqual(['red', 'green', 'end'])
  })

  onConnection('may be a pattern', async (client) => {
    expect(await coloured(client, 'Colour /green$/')).toEqual(['green', 'dark green', 'end'])
  })

  onConnection('keeps back what one with a minus fits', async (client) => {
    expect(await coloured(client, 'Event-Name CUSTOM', 'Colour -red')).toEqual(['green', 'dark green', 'end'])
  })

  onConnection('that is deleted lets through no more', async (client) => {
    await client.command('filter Colour red')
    await client.command('filter delete Colour red')
    expect(await coloured(client, 'Colour green')).toEqual(['green', 'end'])
  })
})

describe('in the background', () => {
  onConnection('a command’s answer is an event with the number that was told', async (client) => {
    await client.command('event json BACKGROUND_JOB')
    const { headers } = await client.command('bgapi echo hello there')
    const job = headers.get('Job-UUID') ?? ''
    expect(headers.get('Reply-Text')).toBe(`+OK Job-UUID: ${job}`)
    const told = await client.event((event) => event.get('Job-UUID') === job, 'the job')
    expect([told.get('Job-Command'), told.get('Job-Command-Arg'), told.body]).toEqual([
      'echo',
      'hello there',
      'hello there',
    ])
  })

  onConnection('the client may choose the number', async (client) => {
    await client.command('event json BACKGROUND_JOB')
    const job = randomUUID()
    const { headers } = await client.command(`bgapi frobnicate\nJob-UUID: ${job}`)
    expect(headers.get('Job-UUID')).toBe(job)
    const told = await client.event((event) => event.get('Job-UUID') === job, 'the job')
    expect(told.body).toBe('-ERR frobnicate Command not found!\n')
    expect(told.get('Job-Command-Arg')).toBeUndefined()
  })

  onConnection('a slow command holds nobody up', async (client) => {
    const job = randomUUID()
    await client.command(`filter Job-UUID ${job}`)
    await client.command('event plain BACKGROUND_JOB')
    await client.command(`bgapi msleep 400\nJob-UUID: ${job}`)
    expect(await client.api('echo at once')).toBe('at once')
    expect(client.events).toHaveLength(0)
    await client.event(({ name }) => name === 'BACKGROUND_JOB', 'the job')
  })

  onConnection('in the foreground the next command waits', async (client) => {
    const order: string[] = []
    const slow = client.api('msleep 200').then(() => order.push('slow'))
    const quick = client.api('echo x').then(() => order.push('quick'))
    await Promise.all([slow, quick])
    expect(order).toEqual(['slow', 'quick'])
  })
})

describe('the end of a connection', () => {
  onConnection('that says exit is answered, with a goodbye', async (client) => {
    expect(await client.say('exit')).toBe('+OK bye')
    await client.gone()
    const goodbye = client.notices.find(({ headers }) => headers.get('Content-Type') === 'text/disconnect-notice')
    expect(goodbye?.body).toMatch(/^Disconnected, goodbye\.\n/)
  })

  onConnection('that just goes leaves its channels alone', async (client) => {
    const call = await at.desk.call()
    await client.command(`sendmsg ${call.uuid}\ncall-command: execute\nexecute-app-name: set\nexecute-app-arg: a=1`)
    await call.event('CHANNEL_EXECUTE_COMPLETE')
    client.close()
    expect(await call.variable('a')).toBe('1')
    await call.end()
  })
})

describe('a channel’s own connection', () => {
  at.onCall('reads its variables', async (call) => {
    await call.execute('set', 'colour=dark green')
    expect(await call.own.say('getvar colour')).toBe('dark green')
  })

  at.onCall('needs to name no channel', async (call) => {
    expect(await call.own.say('sendmsg\ncall-command: execute\nexecute-app-name: set\nexecute-app-arg: a=1')).toBe(
      '+OK',
    )
    await call.event('CHANNEL_EXECUTE_COMPLETE')
  })

  at.onCall('may ask for the events of its channel alone, once', async (call) => {
    const other = await at.desk.call()
    expect(await call.own.say('myevents')).toBe('+OK Events Enabled')
    expect(await call.own.say('myevents')).toBe('-ERR aready enabled.')
    await other.execute('set', 'a=1')
    await call.execute('set', 'a=1')
    await call.own.event(({ name }) => name === 'CHANNEL_EXECUTE_COMPLETE', 'the own event')
    expect(new Set(call.own.events.map((event) => event.get('Unique-ID')))).toEqual(new Set([call.uuid]))
    await other.end()
  })

  at.onCall('may have its events diverted or not', async (call) => {
    expect(await call.own.say('divert_events on')).toBe('+OK events diverted')
    expect(await call.own.say('divert_events off')).toBe('+OK events not diverted')
  })

  at.onCall('is told goodbye when the channel ends', async (call) => {
    await call.api('uuid_kill')
    await call.own.gone()
    const goodbye = call.own.notices.at(-1)
    expect(goodbye?.headers.get('Content-Type')).toBe('text/disconnect-notice')
    expect(goodbye?.headers.get('Controlled-Session-UUID')).toBe(call.uuid)
    expect(goodbye?.headers.get('Content-Disposition')).toBe('disconnect')
  })

  at.onCall('that lingers sees the channel to its end', async (call) => {
    expect(await call.own.say('linger 1')).toBe('+OK will linger 1 seconds')
    await call.own.command('event plain CHANNEL_HANGUP_COMPLETE')
    await call.own.command(`filter Unique-ID ${call.uuid}`)
    await call.api('uuid_kill')
    await call.own.event(({ name }) => name === 'CHANNEL_HANGUP_COMPLETE', 'the end of the channel')
    const notice = await call.own.until(
      () => call.own.notices.find(({ headers }) => headers.get('Content-Disposition') === 'linger'),
      'word that it lingers',
    )
    expect(notice.headers.get('Linger-Time')).toBe('1')
    await call.own.gone()
  })

  at.onCall('may think better of it', async (call) => {
    expect(await call.own.say('linger')).toBe('+OK will linger')
    expect(await call.own.say('nolinger')).toBe('+OK will not linger')
  })

  at.onCall('that goes ends the channel', async (call) => {
    call.own.close()
    await call.over()
    expect(call.story()).toContain('HANGUP NORMAL_CLEARING')
  })

  at.onCall('has told who calls whom', async (call) => {
    const created = call.watch.events.find(({ name }) => name === 'CHANNEL_CREATE')
    expect(created?.get('Caller-Caller-ID-Number')).toBe('1001')
    expect(created?.get('Call-Direction')).toBe('inbound')
    const names = call.watch.events.map(({ name }) => name).filter((name) => /CREATE|ANSWER|PARK/.test(name))
    expect(names).toEqual(['CHANNEL_CREATE', 'CHANNEL_ANSWER', 'CHANNEL_PARK'])
  })
})
