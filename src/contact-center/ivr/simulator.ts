import type { Flow } from './flow.ts'
import {
  type FlowCommand,
  type FlowInput,
  type FlowRecord,
  type FlowState,
  isOver,
  startFlow,
  step,
} from './flow-machine.ts'
import type { Variables } from './json.ts'
import type { PromptBook } from './prompt-library.ts'

/**
 * What a person does who tries a flow: press a key, or say nothing until the flow has waited long enough, or hang up. Where
 * the patient waits for an agent, `agent` is one who takes the call, and silence that nobody does.
 */
export type SimulatedPress = { readonly key: string } | 'silence' | 'agent' | 'hang_up'

/** What came of it, in order. */
export type Happening =
  | { readonly type: 'command'; readonly command: FlowCommand }
  | { readonly type: 'silence' | 'agent_takes' | 'no_agent' | 'hung_up' }

export interface Simulation {
  readonly flow: Flow
  readonly variables: Variables
  /** When they end the flow is left where it is. */
  readonly presses: AsyncIterable<SimulatedPress> | Iterable<SimulatedPress>
  readonly tell: (happening: Happening) => void
}

/**
 * Runs a flow without a phone: tells what would be said and what would be recorded, takes keys where the flow waits
 * for them. Prompts take no time, so a key is always in time.
 * @returns the state at the end
 */
export async function simulate({ flow, variables, presses, tell }: Simulation): Promise<FlowState> {
  let state = startFlow(variables)
  const feed = (input: FlowInput) => {
    const next = step(flow, state, input)
    state = next.state
    for (const command of next.commands) tell({ type: 'command', command })
    if (next.commands.some(({ type }) => type === 'play')) state = step(flow, state, { type: 'begun' }).state
  }
  const hearOut = () => {
    while (state.doing.type === 'saying') feed({ type: 'played' })
  }
  feed({ type: 'start' })
  hearOut()
  for await (const press of presses) {
    if (isOver(state)) break
    if (press === 'agent') {
      if (state.doing.type === 'transferring') tell({ type: 'agent_takes' })
      feed({ type: 'transferred', taken: true })
    } else if (press === 'silence' && state.doing.type === 'transferring') {
      tell({ type: 'no_agent' })
      feed({ type: 'transferred', taken: false })
    } else if (press === 'silence') {
      tell({ type: 'silence' })
      feed({ type: 'played' })
      feed({ type: 'timeout' })
    } else if (press === 'hang_up') {
      tell({ type: 'hung_up' })
      feed({ type: 'hangup' })
    } else {
      feed({ type: 'digit', digit: press.key })
    }
    hearOut()
    if (isOver(state)) break
  }
  return state
}

const asides = {
  silence: '(silence)',
  agent_takes: '(an agent takes the call)',
  no_agent: '(no agent is to be had)',
  hung_up: '(the person hangs up)',
} as const

/** Tells it in lines of text, as a terminal shows it. */
export function inLines(prompts: PromptBook, write: (line: string) => void): (happening: Happening) => void {
  return (happening) => {
    if (happening.type !== 'command') return write(`      ${asides[happening.type]}`)
    const { command } = happening
    if (command.type === 'hangup') write('      (we hang up)')
    if (command.type === 'transfer')
      write(`      (music, until an agent is free${command.queue === null ? '' : `: ${command.queue}`})`)
    if (command.type === 'record') write(`    ${command.event.type.padEnd(12)}${described(command.event)}`)
    if (command.type !== 'play') return
    for (const prompt of command.prompts) {
      const seconds = ((prompts.durationMs(prompt) ?? 0) / 1_000).toFixed(1)
      const mandatory = command.interruptible ? '' : ', to its end'
      write(`  > ${prompts.text(prompt) ?? prompt}  [${prompt}, ${seconds} s${mandatory}]`)
    }
  }
}

function described(event: FlowRecord): string {
  switch (event.type) {
    case 'node':
      return event.nodeId
    case 'question':
      return `${event.questionId} (${event.index + 1} of ${event.total})`
    case 'key':
      return `${event.digit} at ${event.questionId ?? event.nodeId}${event.taken ? '' : ', not taken'}`
    case 'answer': {
      const value = Array.isArray(event.value) ? event.value.join(' + ') : event.value
      return `${event.questionId} = ${value}${event.keys === '' ? '' : ` (keys ${event.keys})`}`
    }
    case 'respondent':
      return event.respondent
    case 'outcome':
      return event.outcome
    case 'do_not_call':
      return ''
  }
}
