/**
 * Seats without the house above them: an agent's browser and a patient's telephone in a room of their own on a running
 * softswitch, the patient's leg recorded in stereo, as telephony has it. Speaks SIP and the event socket directly.
 */
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import type { SipCall } from '#softswitch/sip/sip-call.ts'
import { SipEndpoint } from '#softswitch/sip/sip-endpoint.ts'
import { UserAgent } from '#softswitch/sip/user-agent.ts'
import type { SoftswitchState } from '#softswitch/softswitch-state.ts'
import { RtpPhone } from '../harness/rtp-phone.ts'
import { readStereo } from '../harness/stereo.ts'
import { toneLevel } from '../harness/tones.ts'

/** A telephone, or an agent's browser, that the bench calls with. */
export interface SeatPhone {
  readonly offer: string
  /** Resolves when its sound flows. */
  answer(sdp: string): Promise<void> | void
  close?(): void
}

export interface SeatOrder {
  readonly agent: SeatPhone
  readonly agentHz: number
  /** What the patient hums. */
  readonly patientHz: number
  /** Absent: a telephone of this process. */
  readonly patient?: SeatPhone
  /** How far the recording may be from what was held, ms. Default a second. */
  readonly marginMs?: (heldMs: number) => number
}

export interface MediaSeat {
  readonly name: string
  readonly agentHz: number
  readonly patientHz: number
  /** Hangs up. @returns what tells, by the recording, what is wrong with it */
  end(): Promise<() => Promise<string[]>>
}

/** Where the media server is. */
export type SeatServer = Pick<SoftswitchState, 'freeswitch'>

const loud = 3_000
/** Of the other's tone in a channel: one part in twenty. */
const faint = 400
const windowSamples = 1_600
/** Beginning and end of a recording, when one of the two is not there. */
const edgeWindows = 5

export class MediaSeats {
  readonly #state: SeatServer
  readonly #folder: string
  readonly #agent: UserAgent
  readonly #events: EventSocket
  readonly #listener: Server
  readonly #channels = new Map<string, (uuid: string) => void>()
  #count = 0

  /** @param folder where recordings are kept */
  static async open(state: SeatServer, folder: string): Promise<MediaSeats> {
    const events = await EventSocket.open(state.freeswitch)
    const agent = new UserAgent(await SipEndpoint.open({ address: '127.0.0.1' }))
    const listener = createServer()
    listener.listen(0, '127.0.0.1')
    await once(listener, 'listening')
    return new MediaSeats(state, folder, { agent, events, listener })
  }

  private constructor(
    state: SeatServer,
    folder: string,
    parts: { agent: UserAgent; events: EventSocket; listener: Server },
  ) {
    this.#state = state
    this.#folder = folder
    this.#agent = parts.agent
    this.#events = parts.events
    this.#listener = parts.listener
    // A channel reports here and is then commanded through the other connection.
    parts.listener.on('connection', (socket) => this.#adopt(socket))
  }

  /** Agent and patient in a room, recorded. */
  async seat({ agent: browser, agentHz, patientHz, ...order }: SeatOrder): Promise<MediaSeat> {
    this.#count += 1
    const name = `seat-${this.#count}`
    const agent = await this.#leg(browser)
    const phone = order.patient ?? (await hummingPhone(patientHz))
    const patient = await this.#leg(phone)
    const path = join(this.#folder, `${name}.wav`)
    await this.#events.api(`uuid_setvar ${patient.uuid} RECORD_STEREO true`)
    for (const { uuid } of [agent, patient]) {
      await this.#events.api(`uuid_broadcast ${uuid} conference::${name}@default aleg`)
    }
    await this.#events.api(`uuid_record ${patient.uuid} start ${path}`)
    const began = performance.now()
    return {
      name,
      agentHz,
      patientHz,
      end: async () => {
        await this.#events.api(`uuid_record ${patient.uuid} stop ${path}`)
        const held = performance.now() - began
        const ended = [agent, patient].map(({ call }) => new Promise((resolve) => call.on('ended', resolve)))
        for (const { call } of [agent, patient]) await call.hangUp({})
        await Promise.all(ended)
        phone.close?.()
        const margin = order.marginMs?.(held) ?? 1_000
        return () => judge({ name, path, agentHz, patientHz, held, margin })
      },
    }
  }

  async close(): Promise<void> {
    await this.#agent.close()
    this.#events.close()
    this.#listener.close()
  }

  async #leg(phone: SeatPhone): Promise<{ uuid: string; call: SipCall }> {
    const { host, sipPort } = this.#state.freeswitch
    const address = this.#listener.address()
    const port = typeof address === 'object' ? address?.port : 0
    const call = this.#agent.invite({
      to: `sip:drachtio@${host}:${sipPort}`,
      from: 'sip:bench@127.0.0.1',
      sdp: phone.offer,
      headers: { 'X-esl-outbound': `127.0.0.1:${port}` },
    })
    const callId = call.invite.callId
    if (callId === undefined) throw new Error('a call without a name')
    const reported = new Promise<string>((resolve, reject) => {
      this.#channels.set(callId, resolve)
      call.on('ended', () => reject(new Error('a leg ended before it reported')))
    })
    reported.catch(() => {})
    const answer = await new Promise<string>((resolve, reject) => {
      call.on('answered', (response) => resolve(response.sdp ?? ''))
      call.on('ended', (end) => reject(new Error(`a leg was refused with ${end.status}`)))
    })
    try {
      // A browser's leg reports when its connection is made.
      await phone.answer(answer)
    } catch (error) {
      await call.hangUp({})
      throw error
    }
    return { uuid: await reported, call }
  }

  #adopt(socket: Socket): void {
    let text = ''
    socket.on('error', () => {})
    socket.on('data', (part) => {
      text += String(part)
      const uuid = /^Unique-ID: (\S+)/m.exec(text)?.[1]
      const callId = /^variable_sip_call_id: (\S+)/m.exec(text)?.[1]
      if (uuid !== undefined && callId !== undefined) this.#channels.get(decodeURIComponent(callId))?.(uuid)
    })
    socket.write('connect\n\n')
  }
}

async function hummingPhone(hz: number): Promise<SeatPhone> {
  const phone = await RtpPhone.open('PCMA')
  return {
    offer: phone.sdp,
    answer(sdp) {
      phone.talk({ address: '127.0.0.1', port: Number(/^m=audio (\d+) /m.exec(sdp)?.[1]) }, hz)
    },
    close: () => phone.close(),
  }
}

/** The event socket, one command after the other. */
export class EventSocket {
  readonly #socket: Socket
  #text = ''
  #last: Promise<string> = Promise.resolve('')

  static async open({
    host,
    port,
    secret,
  }: Pick<SoftswitchState['freeswitch'], 'host' | 'port' | 'secret'>): Promise<EventSocket> {
    const events = new EventSocket(connect(port, host))
    await events.#block()
    events.#socket.write(`auth ${secret}\n\n`)
    await events.#block()
    return events
  }

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.setEncoding('utf8')
    socket.on('error', () => {})
    socket.on('data', (part) => {
      this.#text += String(part)
    })
  }

  /** @throws when it is refused */
  api(command: string): Promise<string> {
    this.#last = this.#last.then(async () => {
      this.#socket.write(`api ${command}\n\n`)
      const length = Number(/Content-Length: (\d+)/.exec(await this.#block())?.[1] ?? 0)
      await this.#until(() => this.#text.length >= length)
      const answer = this.#text.slice(0, length)
      this.#text = this.#text.slice(length)
      if (answer.startsWith('-')) throw new Error(`${command}: ${answer}`)
      return answer
    })
    return this.#last
  }

  close(): void {
    this.#socket.destroy()
  }

  async #block(): Promise<string> {
    await this.#until(() => this.#text.includes('\n\n'))
    const end = this.#text.indexOf('\n\n')
    const block = this.#text.slice(0, end)
    this.#text = this.#text.slice(end + 2)
    return block
  }

  async #until(there: () => boolean): Promise<void> {
    while (!there()) await once(this.#socket, 'data', { signal: AbortSignal.timeout(10_000) })
  }
}

/** Left the patient and nobody else, right the agent and nobody else, from the first second to the last. */
async function judge(of: {
  name: string
  path: string
  agentHz: number
  patientHz: number
  held: number
  margin: number
}): Promise<string[]> {
  const { left, right, milliseconds } = await readStereo(of.path)
  const wrong: string[] = []
  if (Math.abs(milliseconds - of.held) > of.margin) {
    wrong.push(`${of.name}: recorded ${(milliseconds / 1_000).toFixed(2)} s of ${(of.held / 1_000).toFixed(2)} s`)
  }
  for (const [side, samples, own, other] of [
    ['left', left, of.patientHz, of.agentHz],
    ['right', right, of.agentHz, of.patientHz],
  ] as const) {
    const count = Math.floor(samples.length / windowSamples)
    let missing = 0
    let foreign = 0
    for (let i = edgeWindows; i < count - edgeWindows; i++) {
      const window = samples.subarray(i * windowSamples, (i + 1) * windowSamples)
      if (toneLevel(window, own) < loud) missing += 1
      if (toneLevel(window, other) > faint) foreign += 1
    }
    if (missing > 0) wrong.push(`${of.name}: ${side} lacks its tone in ${missing} of ${count} fifths of a second`)
    if (foreign > 0) wrong.push(`${of.name}: ${side} has the other's tone in ${foreign} of ${count}`)
  }
  return wrong
}
