/**
 * Telephones in a process of their own, hundreds of them: some answer whoever calls, hum and press a key at a beat;
 * others are only the audio of legs that the bench has called for. Lives as long as its parent.
 */
import { Ticker } from '#carrier/ticker.ts'
import { acceptAnswer, answerOffer } from '#softswitch/media/sdp.ts'
import type { SipCall } from '#softswitch/sip/sip-call.ts'
import { SipEndpoint } from '#softswitch/sip/sip-endpoint.ts'
import { UserAgent } from '#softswitch/sip/user-agent.ts'
import { LightPhone } from './light-phone.ts'

export type ToLightPhones =
  | { readonly type: 'lines'; readonly hums: readonly number[] }
  /** `sdp`: the answer to the line's offer. */
  | { readonly type: 'talk'; readonly line: number; readonly sdp: string }
  | { readonly type: 'hush' }
  /** From now on, of those who answer. */
  | { readonly type: 'press'; readonly firstMs: number; readonly everyMs: number }

export type FromLightPhones =
  | { readonly type: 'open'; readonly port: number }
  | { readonly type: 'lines'; readonly offers: readonly string[] }
  /** Those that have been called and those that hushed, since the last time. */
  | { readonly type: 'hushed'; readonly packetsHeard: readonly number[] }

const hum = 400
/** Every telephone has a clock of its own: in turn they beat 2 ms apart, not all in one instant. */
const tickers = Array.from({ length: 10 }, (_, i) => new Ticker(i * 2))
let opened = 0
const lines: LightPhone[] = []
let keys = { firstMs: 2_000, everyMs: 2_000 }

const endpoint = await SipEndpoint.open({ address: '127.0.0.1', port: 0, symmetricAnswers: true })
new UserAgent(endpoint, {
  name: 'bench',
  onInvite: (call) => void answer(call).catch(() => call.refuse({ status: 500 })),
})
process.on('disconnect', () => process.exit())
process.on('message', (message: ToLightPhones) => void handle(message))
tell({ type: 'open', port: endpoint.local.port })

async function handle(message: ToLightPhones): Promise<void> {
  switch (message.type) {
    case 'lines': {
      const more = await Promise.all(message.hums.map((hz) => LightPhone.open(hz)))
      for (const line of more) begin(line)
      lines.push(...more)
      tell({ type: 'lines', offers: more.map(({ sdp }) => sdp) })
      return
    }
    case 'talk': {
      const local = { address: '127.0.0.1', port: 0, laws: ['PCMA'], owner: 'bench', sessionId: 1, version: 1 } as const
      const audio = acceptAnswer(message.sdp, local)
      if (audio !== null) lines[message.line]?.talkTo(audio.remotePort)
      return
    }
    case 'hush': {
      const packetsHeard = lines.map((line) => line.packetsHeard)
      for (const line of lines.splice(0)) hushed(line)
      tell({ type: 'hushed', packetsHeard })
      return
    }
    case 'press':
      keys = message
  }
}

async function answer(call: SipCall): Promise<void> {
  const phone = await LightPhone.open(hum)
  call.on('ended', () => {
    clearTimeout(first)
    clearInterval(later)
    hushed(phone)
  })
  let later: NodeJS.Timeout | undefined
  const first = setTimeout(() => {
    phone.press('1')
    later = setInterval(() => phone.press('1'), keys.everyMs)
  }, keys.firstMs)
  const local = {
    address: '127.0.0.1',
    port: phone.port,
    laws: ['PCMA'],
    owner: 'bench',
    sessionId: 1,
    version: 1,
  } as const
  const answered = call.offer === undefined ? null : answerOffer(call.offer, local)
  if (answered === null) {
    call.refuse({ status: 488 })
    return
  }
  phone.talkTo(answered.audio.remotePort)
  if (call.answer({ sdp: answered.sdp })) begin(phone)
}

const beating = new Map<LightPhone, () => void>()

function begin(phone: LightPhone): void {
  const ticker = tickers[opened % tickers.length]
  opened += 1
  const beat = () => phone.beat()
  ticker?.add(beat)
  beating.set(phone, () => ticker?.remove(beat))
}

function hushed(phone: LightPhone): void {
  beating.get(phone)?.()
  beating.delete(phone)
  phone.close()
}

function tell(message: FromLightPhones): void {
  process.send?.(message)
}
