import { ConnectedLeg, type ConnectedLegParts } from './connected-leg.ts'
import type { LegQuality } from './leg-quality.ts'
import type { Digit, MachineCue, PatientLeg } from './telephony.ts'

export interface AnsweredLegParts extends ConnectedLegParts {
  readonly attemptId: string
  readonly callId: string
}

/** A patient who has answered: what the machine may do with them alone. */
export class AnsweredLeg extends ConnectedLeg implements PatientLeg {
  readonly attemptId: string
  readonly callId: string

  constructor(parts: AnsweredLegParts) {
    super(parts)
    this.attemptId = parts.attemptId
    this.callId = parts.callId
  }

  onDigit(listener: (digit: Digit) => void): void {
    this.endpoint.onDigit((digit) => {
      if (this.end === null) listener(digit)
    })
  }

  onMachineCue(listener: (cue: MachineCue) => void): void {
    this.endpoint.onMachineCue((cue) => {
      if (this.end === null) listener(cue)
    })
  }

  async play(path: string): Promise<'completed' | 'stopped' | 'ended'> {
    if (this.end !== null) return 'ended'
    return await Promise.race([this.endpoint.play(path), this.ended.then(() => 'ended' as const)])
  }

  async stopPlaying(): Promise<void> {
    if (this.end === null) await Promise.race([this.endpoint.stopPlaying(), this.ended])
  }

  async flushDigits(): Promise<void> {
    if (this.end === null) await Promise.race([this.endpoint.flushDigits(), this.ended])
  }

  async sendDigits(digits: string): Promise<void> {
    if (this.end === null) await Promise.race([this.endpoint.sendDigits(digits), this.ended])
  }

  async startRecording(path: string): Promise<void> {
    await this.endpoint.startRecording(path)
  }

  async stopRecording(): Promise<void> {
    await this.endpoint.stopRecording()
  }

  quality(): Promise<LegQuality | null> {
    return this.endpoint.quality()
  }
}
