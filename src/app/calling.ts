import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { SeatCall } from '#contact-center/acd/seat-call.ts'
import type { AgentCallParts } from '#contact-center/calls/agent-call.ts'
import { defaultResultRules } from '#contact-center/calls/attempt-result.ts'
import type { JournaledCallEvent } from '#contact-center/calls/call-applier.ts'
import type { ComingBack } from '#contact-center/calls/call-seats.ts'
import type { HandOverParts } from '#contact-center/calls/hand-over.ts'
import { type Rate, ratingIn } from '#contact-center/calls/hang-up-rating.ts'
import type { PatientCallParts } from '#contact-center/calls/patient-call.ts'
import { type Flow, openFlow } from '#contact-center/ivr/flow.ts'
import { runFlow } from '#contact-center/ivr/flow-runner.ts'
import type { AskedFlow, FlowShelf } from '#contact-center/ivr/flow-shelf.ts'
import { variablesOf } from '#contact-center/ivr/json.ts'
import { recordingPlace } from '#contact-center/recording/recording-place.ts'
import { apologyPrompt } from '#contact-center/voices/voice.ts'
import type { Lease, Work } from '#contact-center/work-source.ts'
import type { FollowUpWork } from '#follow-up/dialling/work-source.ts'
import type { LackWatch } from '#follow-up/programmes/lack-watch.ts'
import { sleep } from '#platform/clock.ts'
import type { GroundFloor } from '#platform/ground.ts'
import type { Journal } from '#platform/journal/journal.ts'
import type { PatientLeg, SeatLeg, Telephony } from '#telephony/telephony.ts'
import type { HouseFlows } from './prompts.ts'
import type { Queues } from './queues.ts'
import { recordingsFolder } from './recordings.ts'
import type { Seats } from './seats.ts'

/**
 * A call waits at most so long for its answer to be marked on the page, which has had the record since the seat was
 * reserved: longer would be silence for a patient who has said hello. Nor does it wait for a database that is away.
 */
const shownWithinMs = 60

export interface CallingParts extends Omit<PatientCallParts, 'handOver'> {
  readonly rate: Rate
  readonly telephony: Telephony
  readonly work: FollowUpWork
  /** Resolves when what has been journaled of an attempt is in the rows. */
  readonly applied: (attemptId: string) => Promise<void>
}

/** What one call needs: telephony below, the journal beside, flow and prompts. */
export function callingParts(
  { settings, clock, log }: GroundFloor,
  {
    telephony,
    work,
    lease,
    journal,
    queues,
    flows,
    shelf,
    lacks,
  }: {
    readonly telephony: Telephony
    readonly work: FollowUpWork
    readonly lease: Lease
    readonly journal: Journal<JournaledCallEvent>
    readonly queues: Queues
    readonly flows: HouseFlows
    readonly shelf: FlowShelf
    readonly lacks: Pick<LackWatch, 'look'>
  },
): CallingParts {
  const { book: voices, world } = flows
  const shipped = new Map<string, Flow>()
  const shippedFlow = (name: string): Flow => {
    const flow = shipped.get(name) ?? openFlow(flows.document(name), world)
    shipped.set(name, flow)
    return flow
  }
  return {
    telephony,
    work,
    lease,
    clock,
    log,
    apology: () => voices.resolve(apologyPrompt),
    resultRules: () => defaultResultRules,
    journal: (event, under) => journal.append({ event, lease: under }),
    applied: (attemptId) => journal.applied(attemptId),
    recordingPlace: async (attemptId) => {
      const place = recordingPlace(recordingsFolder(settings.dataDir), attemptId, clock.now())
      await mkdir(dirname(place.path), { recursive: true, mode: 0o770 })
      return place
    },
    asking: { lackOf: (one) => shelf.lackOf(askedOf(one))?.reason ?? null, tell: () => lacks.look() },
    runFlow: (leg: PatientLeg, one, hooks, callLog) => {
      const asked = askedOf(one)
      const flow = shelf.flow(asked)
      const operator = queues.book.find(one.campaignId, queueAskedFor(flow)) !== null
      const prompts = voices.frozen()
      return runFlow({ leg, flow, variables: { ...asked.variables, operator }, prompts, clock, ...hooks, log: callLog })
    },
    rate: async (leg, flowName, onRecord, callLog) => {
      const flow = shippedFlow(flowName)
      const prompts = voices.frozen()
      const { variables } = await runFlow({ leg, flow, variables: {}, prompts, clock, onRecord, log: callLog })
      return ratingIn(variables)
    },
  }
}

function askedOf(work: Work): AskedFlow {
  return { ...work, variables: variablesOf(work.variables) }
}

/** The queue that key `0` leads to: null for that of the campaign's own team. */
function queueAskedFor({ definition, nodes }: Flow): string | null {
  return nodes.get(definition.operator?.next ?? '')?.transfersTo ?? null
}

/** What a call needs that a person takes: the same, and the seats. */
export function agentCallingParts(calling: CallingParts, seats: Seats): AgentCallParts {
  const { applied, clock } = calling
  return {
    ...calling,
    seats: {
      leg: (seatId: string) => seats.legs.leg(seatId),
      comeBack: (order: ComingBack) => seats.legs.comeBack(order),
      enter: (seatId: string, call: SeatCall) => seats.calls.enter(seatId, call),
      legLost: (seatId: string, leg: SeatLeg) => seats.service.legLost(seatId, leg),
      hangUp: (seatId: string) => seats.legs.hangUp(seatId),
    },
    shown: (attemptId) => Promise.race([applied(attemptId), sleep(clock, shownWithinMs)]),
  }
}

/** What a call needs whose patient asks for an agent on the way. */
export function handOverParts(agentCalling: AgentCallParts, { book, matcher }: Queues): HandOverParts {
  return {
    ...agentCalling,
    queueOf: (campaignId, name) => book.find(campaignId, name),
    enter: (call) => matcher.enter(call),
  }
}
