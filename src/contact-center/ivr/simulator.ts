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
 * What a person at a terminal does: press a key, or say nothing until the flow has waited long enough. Where the patient
 * waits for an agent, `agent` is one who takes the call, and silence that nobody does.
 */
export type SimulatedPress = { readonly key: string } | 'silence' | 'agent'

export interface Simulation {
  readonly flow: Flow
  readonly variables: Variables
  readonly prompts: PromptBook
  /** When they end, the person hangs up. */
  readonly presses: AsyncIterable<SimulatedPress>
  /** One line of what happens. */
  readonly write: (line: string) => void
}

/**
 * Runs a flow without a phone: shows what would be said and what would be recorded, takes keys where the flow waits
 * for them. Prompts take no time, so a key is always in time.
 * @returns the state at the end
 */
export async function simulate({ flow, variables, prompts, presses, write }: Simulation): Promise<FlowState> {
  let state = startFlow(variables)
  const feed = (input: FlowInput) => {
    const next = step(flow, state, input)
    state = next.state
    for (const command of next.commands) tell(command, prompts, write)
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
      if (state.doing.type === 'transferring') write('      (an agent takes the call)')
      feed({ type: 'transferred', taken: true })
    } else if (press === 'silence' && state.doing.type === 'transferring') {
      write('      (no agent is to be had)')
      feed({ type: 'transferred', taken: false })
    } else if (press === 'silence') {
      write('      (silence)')
      feed({ type: 'played' })
      feed({ type: 'timeout' })
    } else {
      feed({ type: 'digit', digit: press.key })
    }
    hearOut()
    if (isOver(state)) break
  }
  if (!isOver(state)) {
    write('      (the person hangs up)')
    feed({ type: 'hangup' })
  }
  return state
}

function tell(command: FlowCommand, prompts: PromptBook, write: (line: string) => void): void {
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
