/**
 * One call to a patient: the SIP dialog, the telephone’s audio, and who holds the receiver. Owned by the carrier;
 * closes itself when the dialog ends.
 */
import { acceptAnswer, answerOffer, type LocalAudio, writeOffer } from '#softswitch/media/sdp.ts'
import type { Reinvite } from '#softswitch/sip/reinvite.ts'
import type { CallEnd, SipCall } from '#softswitch/sip/sip-call.ts'
import type { Behaviour, Conversation, Refusal } from './behaviours.ts'
import type { CallEvent } from './call-report.ts'
import type { Chance } from './chance.ts'
import { Ear } from './ear.ts'
import { Patient } from './patient.ts'
import { Telephone } from './telephone.ts'
import type { Ticker } from './ticker.ts'

export interface PatientCallParts {
  readonly call: SipCall
  readonly behaviour: Behaviour
  readonly chance: Chance
  /** The tone that stands for what they say. */
  readonly voiceHz: number
  readonly ticker: Ticker
  /** Numeric address of the RTP socket. */
  readonly address: string
  /** Divides ring and announcement times. */
  readonly speed: number
  readonly report: (event: CallEvent) => void
  /** What comes out of the receiver, packet by packet; the samples are lent for the call. */
  readonly onHeard?: (samples: Int16Array) => void
}

/** China’s call-progress tone (YD/T 1316): 450 Hz, one second on, four off. */
const progressHz = 450
const ringBackBeat = { onMs: 1_000, everyMs: 5_000 }
/** Talking: phrases of about a second and a half, and breath between. */
const phraseBeat = { onMs: 1_500, everyMs: 2_600 }
const reasons: Readonly<Record<number, string>> = {
  1: 'Unallocated number',
  17: 'User busy',
  19: 'No answer from user',
  20: 'Subscriber absent',
  21: 'Call rejected',
  27: 'Destination out of order',
  34: 'No circuit available',
}

export class PatientCall {
  readonly #parts: PatientCallParts
  readonly #ear = new Ear()
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #sessionId: number
  #telephone: Telephone | undefined
  #patient: Patient | undefined
  #tick: (() => void) | undefined
  #sdpVersion = 1
  #answeredAt = 0
  #startedAt = performance.now()
  #sound: { hz: number; beat?: { onMs: number; everyMs: number } } = { hz: 0 }
  #ended = false

  constructor(parts: PatientCallParts) {
    this.#parts = parts
    this.#sessionId = 1 + Math.floor(parts.chance.next() * 2 ** 31)
    parts.call.on('ended', (end) => this.#onEnded(end))
    parts.call.on('acknowledged', (ack) => this.#onAck(ack.sdp))
    parts.call.on('reinvite', (reinvite) => this.#onReinvite(reinvite))
    parts.report({ event: 'invite', behaviour: parts.behaviour.name })
  }

  /** Rings, announces, answers or refuses. @throws when no RTP socket can be had */
  async begin(): Promise<void> {
    const { behaviour } = this.#parts
    if ('refuses' in behaviour) await this.#refuse(behaviour.refuses)
    else await this.#pickUp(behaviour.answers)
  }

  async #refuse(refusal: Refusal): Promise<void> {
    const { call, chance, speed } = this.#parts
    let waitMs = 0
    if (refusal.announcementMs !== undefined) {
      await this.#playEarly({ hz: progressHz })
      waitMs = chance.within(refusal.announcementMs)
    } else if (refusal.ringMs !== undefined) {
      this.#ring()
      waitMs = chance.within(refusal.ringMs)
    }
    this.#after(waitMs / speed, () => {
      const { q850 } = refusal
      const headers = q850 === undefined ? {} : { Reason: `Q.850;cause=${q850};text="${reasons[q850] ?? ''}"` }
      call.refuse({ status: refusal.status, headers })
    })
  }

  async #pickUp(conversation: Conversation): Promise<void> {
    const { chance, speed } = this.#parts
    if (conversation.earlyMedia === true) await this.#playEarly({ hz: progressHz, beat: ringBackBeat })
    else this.#ring()
    const telephone = await this.#openTelephone()
    this.#after(chance.within(conversation.ringMs) / speed, () => this.#answer(conversation, telephone))
  }

  #answer(conversation: Conversation, telephone: Telephone): void {
    const { call, chance, voiceHz, report } = this.#parts
    const sdp = this.#describe(telephone)
    if (sdp === undefined) {
      call.refuse({ status: 488 })
      return
    }
    this.#sound = { hz: 0 }
    this.#startedAt = performance.now()
    this.#answeredAt = this.#startedAt
    if (!call.answer({ sdp })) return
    if (conversation.voice !== undefined) {
      this.#sound = conversation.voice === 'steady' ? { hz: voiceHz } : { hz: voiceHz, beat: phraseBeat }
    }
    report({ event: 'answered', voiceHz: this.#sound.hz })
    this.#patient = new Patient(
      conversation,
      chance,
      this.#ear,
      {
        press: (key, detail) => report({ event: 'key', key, ...detail, sent: telephone.press(key) }),
        hangUp: (why) => {
          report({ event: 'hang_up', why })
          void call.bye()
        },
      },
      this.#answeredAt,
    )
    this.#startTicking(telephone)
  }

  /** Early media needs somewhere to send it: without an offer there is only ringing. */
  async #playEarly(sound: { hz: number; beat?: { onMs: number; everyMs: number } }): Promise<void> {
    const { call, report } = this.#parts
    const telephone = await this.#openTelephone()
    const sdp = call.offer === undefined ? undefined : this.#describe(telephone)
    if (this.#ended) return
    if (sdp === undefined) {
      this.#ring()
      return
    }
    call.ring({ status: 183, sdp })
    report({ event: 'early_media' })
    this.#sound = sound
    this.#startTicking(telephone)
  }

  #ring(): void {
    if (this.#parts.call.ring()) this.#parts.report({ event: 'ringing' })
  }

  async #openTelephone(): Promise<Telephone> {
    if (this.#telephone !== undefined) return this.#telephone
    const { address, chance } = this.#parts
    const telephone = await Telephone.open(address, () => chance.next())
    telephone.onSound = (level, at, samples) => {
      this.#parts.onHeard?.(samples)
      this.#onSound(level, at)
    }
    if (this.#ended) telephone.close()
    this.#telephone = telephone
    return telephone
  }

  /** Answers their offer, or makes ours. @returns undefined when the offer has nothing for us */
  #describe(telephone: Telephone, offer = this.#parts.call.offer): string | undefined {
    const local = this.#localAudio(telephone)
    if (offer === undefined) return writeOffer(local)
    const answer = answerOffer(offer, local)
    if (answer === null) return undefined
    telephone.connect(answer.audio)
    return answer.sdp
  }

  #localAudio(telephone: Telephone): LocalAudio {
    return {
      address: this.#parts.address,
      port: telephone.port,
      laws: ['PCMA', 'PCMU'],
      owner: 'patient',
      sessionId: this.#sessionId,
      version: this.#sdpVersion,
    }
  }

  #onAck(sdp: string | undefined): void {
    this.#parts.report({ event: 'acknowledged' })
    const telephone = this.#telephone
    if (telephone === undefined || sdp === undefined || this.#parts.call.offer !== undefined) return
    const audio = acceptAnswer(sdp, this.#localAudio(telephone))
    if (audio !== null) telephone.connect(audio)
  }

  #onReinvite(reinvite: Reinvite): void {
    const telephone = this.#telephone
    this.#sdpVersion++
    const sdp = telephone === undefined ? undefined : this.#describe(telephone, reinvite.offer)
    if (telephone === undefined || sdp === undefined) {
      reinvite.refuse({ status: 488 })
      return
    }
    reinvite.onAck = (ack) => {
      const audio = ack.sdp === undefined ? null : acceptAnswer(ack.sdp, this.#localAudio(telephone))
      if (reinvite.offer === undefined && audio !== null) telephone.connect(audio)
    }
    reinvite.answer({ sdp })
  }

  #onSound(level: number, at: number): void {
    if (this.#patient === undefined) return
    const first = !this.#ear.heardAnything
    if (this.#ear.hear(level, at) && first) {
      const afterAnswerMs = Math.round((at - this.#answeredAt) * 100) / 100
      this.#parts.report({ event: 'speech', afterAnswerMs })
    }
  }

  #startTicking(telephone: Telephone): void {
    if (this.#tick !== undefined || this.#ended) return
    this.#tick = () => {
      const now = performance.now()
      const { hz, beat } = this.#sound
      const sounding = beat === undefined || (now - this.#startedAt) % beat.everyMs < beat.onMs
      telephone.sound(sounding ? hz : 0)
      telephone.tick()
      this.#patient?.tick(now)
    }
    this.#parts.ticker.add(this.#tick)
  }

  #after(ms: number, run: () => void): void {
    if (this.#ended) return
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      run()
    }, ms)
    this.#timers.add(timer)
  }

  #onEnded(end: CallEnd): void {
    this.#ended = true
    for (const timer of this.#timers) clearTimeout(timer)
    if (this.#tick !== undefined) this.#parts.ticker.remove(this.#tick)
    this.#telephone?.close()
    this.#parts.report({ event: 'ended', by: end.by, status: end.status ?? null })
  }
}
