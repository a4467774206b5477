import fc from 'fast-check'
import type { Flow } from './flow.ts'
import { type FlowCommand, type FlowInput, type FlowRecord, isOver, startFlow, step } from './flow-machine.ts'
import type { Variables } from './json.ts'

/** One thing done, as one or more inputs. */
type Move = readonly FlowInput[]

const press = (digit: string): Move => [{ type: 'begun' }, { type: 'digit', digit }]
const hear: Move = [{ type: 'begun' }, { type: 'played' }]

/**
 * For property tests: what a person, a carrier and a clock may do to a flow, in any order. Half of it makes sense, so
 * that calls get somewhere; the other half is keys at the wrong moment, stale ends of plays and timers, a second start.
 */
export const anyInputs: fc.Arbitrary<readonly FlowInput[]> = fc
  .array(
    fc.oneof(
      { weight: 10, arbitrary: fc.constantFrom('1', '2').map(press) },
      { weight: 5, arbitrary: fc.constant(hear) },
      { weight: 2, arbitrary: fc.constantFrom(...'0123456789*#AD').map(press) },
      { weight: 1, arbitrary: fc.constant<Move>([{ type: 'played' }, { type: 'timeout' }]) },
      { weight: 1, arbitrary: fc.constantFrom(...'123*9').map((digit): Move => [{ type: 'digit', digit }]) },
      { weight: 1, arbitrary: fc.constantFrom(...'19').map((digit): Move => [{ type: 'digit', digit, early: true }]) },
      { weight: 1, arbitrary: fc.constant<Move>([{ type: 'transferred', taken: false }]) },
      { weight: 1, arbitrary: fc.constantFrom('begun', 'played', 'timeout', 'start').map((type): Move => [{ type }]) },
    ),
    { maxLength: 40, size: 'max' },
  )
  .map((moves) => moves.flat())

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
    const waits = state.doing.type === 'transferring'
    feed(waits ? { type: 'transferred', taken: false } : { type: state.timer ? 'timeout' : 'played' })
  }
  feed({ type: 'digit', digit: '1' })
  feed({ type: 'hangup' })
  return commands
}

export function recordsOf(commands: readonly FlowCommand[]): readonly FlowRecord[] {
  return commands.flatMap((command) => (command.type === 'record' ? [command.event] : []))
}
