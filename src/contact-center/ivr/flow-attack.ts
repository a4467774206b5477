import fc from 'fast-check'
import type { Flow } from './flow.ts'
import { type FlowCommand, type FlowInput, type FlowRecord, isOver, startFlow, step } from './flow-machine.ts'
import type { Variables } from './json.ts'

/**
 * For property tests: what a person, a carrier and a clock may do to a flow, in any order, sensible or not.
 */
export const anyInputs: fc.Arbitrary<readonly FlowInput[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.constantFrom(...'0123456789*#AD').map((digit): FlowInput => ({ type: 'digit', digit })),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(...'19').map((digit): FlowInput => ({ type: 'digit', digit, early: true })),
    },
    { weight: 5, arbitrary: fc.constant<FlowInput>({ type: 'begun' }) },
    { weight: 3, arbitrary: fc.constant<FlowInput>({ type: 'played' }) },
    { weight: 2, arbitrary: fc.constant<FlowInput>({ type: 'timeout' }) },
    { weight: 1, arbitrary: fc.constant<FlowInput>({ type: 'start' }) },
  ),
  { maxLength: 60 },
)

/** Steps for which a person who presses nothing more can still be held: the longest way out of these tests' flows. */
const maxSilentSteps = 200

/**
 * Feeds the inputs, then silence until the flow is over.
 * @returns everything the flow commanded
 * @throws when it does not end, commands anything after its end, or runs a timer beside a prompt
 */
export function attack(flow: Flow, inputs: readonly FlowInput[], variables: Variables = {}): readonly FlowCommand[] {
  const commands: FlowCommand[] = []
  let state = startFlow(variables)
  const feed = (input: FlowInput) => {
    const wasOver = isOver(state)
    const next = step(flow, state, input)
    state = next.state
    if (wasOver && next.commands.length > 0) throw new Error(`commands after the end: ${JSON.stringify(next.commands)}`)
    if (state.timer && next.commands.some(({ type }) => type === 'play'))
      throw new Error('a timer runs beside a prompt')
    commands.push(...next.commands)
  }
  feed({ type: 'start' })
  for (const input of inputs) feed(input)
  for (let steps = 0; !isOver(state); steps++) {
    if (steps > maxSilentSteps) throw new Error(`still waiting in ${state.nodeId}`)
    feed(state.timer ? { type: 'timeout' } : { type: 'played' })
  }
  feed({ type: 'digit', digit: '1' })
  feed({ type: 'hangup' })
  return commands
}

export function recordsOf(commands: readonly FlowCommand[]): readonly FlowRecord[] {
  return commands.flatMap((command) => (command.type === 'record' ? [command.event] : []))
}
