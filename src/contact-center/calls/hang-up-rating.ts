import { failpoint } from '#platform/failpoint.ts'
import { type Log, logError } from '#platform/log.ts'
import type { PatientLeg } from '#telephony/telephony.ts'
import type { ReservedSeat } from '../acd/seat-offer.ts'
import type { FlowRecord } from '../ivr/flow-machine.ts'
import type { CallEvents } from './call-events.ts'
import type { SeatTalk, TalkEnd } from './seat-talk.ts'

/** Leads the patient through a rating flow. @returns 1 to 5; null for none */
export type Rate = (
  leg: PatientLeg,
  flow: string,
  onRecord: (record: FlowRecord) => void,
  log: Log,
) => Promise<number | null>

export interface Parting {
  readonly talk: SeatTalk
  readonly ended: TalkEnd
  readonly leg: PatientLeg
  /** The seat that the call came to first: its campaign says whether the patient is asked. */
  readonly seat: ReservedSeat
  readonly events: CallEvents
  readonly log: Log
}

/**
 * Nobody talks any more. Where the agent has hung up, and the campaign asks for it, the seat goes on with its after-call
 * work at once while the patient is asked what they thought of the agent; then the patient's leg ends.
 * Source: requirements B11, E09; issue "the agent's seat" (hang-up rating).
 */
export async function partFromAgent(rate: Rate, { talk, ended, leg, seat, events, log }: Parting): Promise<void> {
  if (ended.endedBy === null) return
  if (ended.endedBy === 'agent' && ended.bridged && seat.ratingFlow !== null && leg.end === null) {
    events.write({ type: 'agent_left', reason: 'hung_up' }, () => failpoint('wrap-up'))
    talk.leave()
    await talk.close()
    await askForRating(rate, { leg, flow: seat.ratingFlow, events, log })
  }
  await leg.hangUp()
}

/**
 * Keys and a wish for no more calls are written down as in every flow; what the call came to, the agent says. A wrong key,
 * silence or a hang-up is no rating.
 */
async function askForRating(
  rate: Rate,
  call: {
    readonly leg: PatientLeg
    readonly flow: string
    readonly events: CallEvents
    readonly log: Log
  },
): Promise<void> {
  const { leg, flow, events, log } = call
  try {
    const keep = (record: FlowRecord) => {
      if (record.type !== 'outcome') events.write(record)
    }
    const value = await rate(leg, flow, keep, log)
    if (value !== null) events.write({ type: 'rated', value })
  } catch (error) {
    logError(log, error, 'the patient could not be asked for a rating')
  }
}

/** What a rating flow has set. */
export function ratingIn(variables: Readonly<Record<string, unknown>>): number | null {
  const { rating } = variables
  return typeof rating === 'number' && Number.isInteger(rating) && rating >= 1 && rating <= 5 ? rating : null
}
