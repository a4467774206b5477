import { type Log, logError } from '#platform/log.ts'
import type { PatientLeg } from '#telephony/telephony.ts'
import type { FlowRecord } from '../ivr/flow-machine.ts'
import type { CallEvents } from './call-events.ts'

/** Leads the patient through a rating flow. @returns 1 to 5; null for none */
export type Rate = (
  leg: PatientLeg,
  flow: string,
  onRecord: (record: FlowRecord, at: Date) => void,
  log: Log,
) => Promise<number | null>

/**
 * After the agent has hung up the patient is asked what they thought of the agent. Keys and a wish for no more calls are
 * written down as in every flow; what the call came to, the agent says. A wrong key, silence or a hang-up is no rating.
 * Source: requirements B11, E09; issue "the agent’s seat" (hang-up rating).
 */
export async function askForRating(
  rate: Rate,
  { leg, flow, events, log }: { readonly leg: PatientLeg; readonly flow: string; readonly events: CallEvents; readonly log: Log },
): Promise<void> {
  try {
    const keep = (record: FlowRecord, at: Date) => {
      if (record.type !== 'outcome') events.write(record, undefined, at)
    }
    const value = await rate(leg, flow, keep, log)
    if (value !== null) events.write({ type: 'rated', value })
  } catch (error) {
    logError(log, error, 'the patient could not be asked for a rating')
  }
}
