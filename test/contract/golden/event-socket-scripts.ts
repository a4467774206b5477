/** Talk with FreeSWITCH's event socket: what is said in each script, and how it is written down. */
import { randomUUID } from 'node:crypto'
import type { EslEvent, EslFrame, EventSocketClient } from '../wire/event-socket-client.ts'
import type { MediaCall, MediaDesk } from '../wire/media-desk.ts'
import { Names, type Said } from './transcript.ts'

/** Headers that are new in every event, and say nothing about it. */
const everNew = /^Event-(Date-\w+|Sequence|Calling-\w+-?\w*)$/

type Run = (desk: MediaDesk, notes: Notes) => Promise<void>

/** Takes down commands and answers as they come, and a call's events when it is over. */
class Notes {
  readonly said: Said[] = []
  readonly names = new Names()
  #executes = 0

  async command(client: EventSocketClient, text: string): Promise<EslFrame> {
    const answer = await client.command(text)
    this.said.push({ by: 'client', what: this.names.in(text), headers: {} })
    this.said.push({
      by: 'server',
      what: answer.headers.get('Content-Type') ?? '',
      headers: this.#named(answer.headers, decodeOnce),
      ...(answer.body === '' ? {} : { body: this.names.in(answer.body) }),
    })
    return answer
  }

  /** A call whose channel, telephone and connections have their names. */
  async call(desk: MediaDesk): Promise<MediaCall> {
    const call = await desk.call()
    this.names.call(call.uuid, 'channel')
    this.names.call(call.watch.events[0]?.get('Core-UUID') ?? '', 'core')
    this.names.call(call.watch.events[0]?.get('FreeSWITCH-Hostname') ?? '', 'host')
    this.names.call(call.watch.events[0]?.get('Caller-Destination-Number') ?? '', 'extension')
    this.names.call(desk.folder, 'folder')
    this.names.call(desk.outbound, 'client')
    this.names.call(`:${desk.sipPort}`, ':server port')
    this.names.call(call.phone.contact.replace(/^.*:(\d+);.*$/, '$1'), 'phone port')
    this.names.call(String(call.phone.rtp.port), 'phone rtp port')
    this.names.call(/^m=audio (\d+)/m.exec(call.answer.body)?.[1] ?? '', 'server rtp port')
    for (const name of ['call-id', 'from', 'to']) {
      const value = call.answer.headers.get(name)?.[0] ?? ''
      this.names.call(/tag=(\S+)/.exec(value)?.[1] ?? (name === 'call-id' ? value : ''), `${name} tag`)
    }
    return call
  }

  /** An execute with an identity that the transcript can name. */
  async execute(
    call: MediaCall,
    application: string,
    argument: string,
    headers: readonly string[] = [],
  ): Promise<string> {
    const uuid = randomUUID()
    this.#executes += 1
    this.names.call(uuid, `execute ${this.#executes}`)
    const lines = ['sendmsg', 'call-command: execute', `execute-app-name: ${application}`]
    if (argument !== '') lines.push(`execute-app-arg: ${argument}`)
    await this.command(call.own, [...lines, `Event-UUID: ${uuid}`, ...headers].join('\n'))
    return uuid
  }

  events(events: readonly EslEvent[]): void {
    for (const { name, headers, body } of events) {
      this.said.push({
        by: 'event',
        what: name,
        headers: this.#named(headers),
        ...(body === '' ? {} : { body: this.names.in(body) }),
      })
    }
  }

  #named(headers: ReadonlyMap<string, string>, decode = (value: string) => value): Record<string, string> {
    const kept = [...headers].filter(([name]) => !everNew.test(name))
    return Object.fromEntries(kept.map(([name, value]) => [name, this.names.in(decode(value))]))
  }
}

/** The answer to `connect` has its values encoded, as events have. */
function decodeOnce(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}

/** A call with everything that happened to it, written down when it is over. */
function call(run: (call: MediaCall, notes: Notes, desk: MediaDesk) => Promise<void>): Run {
  return async (desk, notes) => {
    const made = await notes.call(desk)
    try {
      await run(made, notes, desk)
      await made.api('uuid_kill')
      await made.over()
      notes.events(made.watch.events)
    } finally {
      await made.end()
    }
  }
}

const scripts: Readonly<Record<string, Run>> = {
  'commands of a connection, and what is refused': async (desk, notes) => {
    const client = await desk.signIn()
    for (const command of [
      'frobnicate',
      'event plain',
      'event plain HEARTBEAT CUSTOM a::b',
      'event json DTMF',
      'nixevent DTMF',
      'filter Unique-ID x',
      'filter delete Unique-ID x',
      'filter Unique-ID',
      'noevents',
      'noevents',
      'linger',
      'divert_events on',
      'sendmsg nobody',
      'api uuid_kill nope',
      'api uuid_break',
      'api nosuch x',
      'bgapi echo x',
      'exit',
    ]) {
      await notes.command(client, command)
    }
    client.close()
  },

  'a prompt that is broken off': call(async (made, notes, desk) => {
    const file = await desk.tone(500, 20_000)
    const play = await notes.execute(made, 'playback', file)
    await made.event('PLAYBACK_START')
    await notes.command(made.watch, `api uuid_break ${made.uuid}`)
    await made.completed(play)
  }),

  'a prompt inside a prompt, and variables': call(async (made, notes, desk) => {
    const outer = await notes.execute(made, 'playback', await desk.tone(500, 20_000))
    await made.event('PLAYBACK_START')
    await made.completed(await notes.execute(made, 'set', 'colour=dark green'))
    await made.completed(await notes.execute(made, 'playback', await desk.tone(600, 300)))
    await notes.command(made.own, 'getvar colour')
    await notes.command(made.watch, `api uuid_getvar ${made.uuid} colour`)
    await notes.command(made.watch, `api uuid_break ${made.uuid}`)
    await made.completed(outer)
  }),

  'keys for a question': call(async (made, notes, desk) => {
    const prompt = await desk.tone(500, 20_000)
    const asked = await notes.execute(made, 'play_and_get_digits', `1 2 1 3000 # ${prompt} ${prompt} answer [0-9]+`)
    await made.event('PLAYBACK_START')
    made.phone.rtp.press('42', 800)
    await made.completed(asked)
  }),

  'a recording of the session': call(async (made, notes, desk) => {
    const path = `${desk.folder}/golden-session.wav`
    await made.completed(await notes.execute(made, 'set', 'RECORD_STEREO=true'))
    await made.completed(await notes.execute(made, 'record_session', path))
    await made.completed(await notes.execute(made, 'playback', await desk.tone(600, 300)))
    await notes.command(made.watch, `api uuid_record ${made.uuid} stop ${path}`)
    await made.event('RECORD_STOP')
  }),

  'a room of one': call(async (made, notes) => {
    await notes.execute(made, 'conference', `golden-${made.uuid}@default+flags{mute}`)
    const joined = await made.event('CUSTOM', { Action: 'add-member' })
    const member = joined.get('Member-ID') ?? ''
    notes.names.call(joined.get('Conference-Unique-ID') ?? '', 'conference')
    for (const words of [`unmute ${member}`, `deaf ${member}`, `undeaf ${member}`, `kick ${member}`]) {
      await notes.command(made.watch, `api conference golden-${made.uuid} ${words}`)
    }
    await made.event('CHANNEL_EXECUTE_COMPLETE', { Application: 'conference' })
  }),

  'a far end that hangs up in a prompt': async (desk, notes) => {
    const made = await notes.call(desk)
    await notes.execute(made, 'playback', await desk.tone(500, 20_000))
    await made.event('PLAYBACK_START')
    await made.phone.hangUp()
    await made.over()
    notes.events(made.watch.events)
    await made.end()
  },
}

export const eventSocketScripts = Object.keys(scripts)

export async function runEventSocketScript(name: string, desk: MediaDesk): Promise<Said[]> {
  const notes = new Notes()
  await scripts[name]?.(desk, notes)
  return notes.said
}
