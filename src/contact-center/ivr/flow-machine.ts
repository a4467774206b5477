import type { CallEventBody, FlowOutcome } from '../calls/call-event.ts'
import {
  type Asking,
  type AskingStep,
  beginAsking,
  failed,
  pressed,
  promptPlayed,
  putAgain,
  waitedLong,
} from './asking.ts'
import type { Flow } from './flow.ts'
import type { Json, Variables } from './json.ts'
import type { NodeContext, Progress, Reply, Turn } from './node-kind.ts'

/**
 * The interpreter, which decides, for whoever runs it: a phone call, a terminal, a unit test.
 *
 * It is a pure state machine: `step(flow, state, input) → { state, commands }`. It holds no clock and does no I/O;
 * time reaches it as `timeout` inputs it has asked for. The state is JSON, whatever has been pressed so far.
 * It never throws for an input: one that makes no sense now changes nothing.
 * Source: issue "main job", IVR; requirements E01–E13; architecture §4.
 */
export type FlowInput =
  | { readonly type: 'start' }
  /** The first file of the last `play` command is going out now: from here its question may be answered. */
  | { readonly type: 'begun' }
  /** @property early the key went down before the last `begun`, though its end came after it */
  | { readonly type: 'digit'; readonly digit: string; readonly early?: boolean }
  /** Every file of the last `play` command has been heard to its end (a play that was interrupted sends nothing). */
  | { readonly type: 'played' }
  | { readonly type: 'timeout' }
  /** What came of the last `transfer` command: an agent has the patient, or nobody was to be had. */
  | { readonly type: 'transferred'; readonly taken: boolean }
  /** The far end is gone. The machine says its last words (outcome) and stops. */
  | { readonly type: 'hangup' }
  /** What comes next cannot be said: nothing more can be asked, and a call back is owed unless all was answered. */
  | { readonly type: 'speechless' }

export type FlowCommand =
  /** Play these prompts one after another. Prompt ids; the runner resolves them to files. Replaces a running play. */
  | { readonly type: 'play'; readonly prompts: readonly string[]; readonly interruptible: boolean }
  /** Stop what is playing (a key was taken). */
  | { readonly type: 'stop' }
  /** Drop digits the media server has queued (a prompt that may not be skipped has ended). */
  | { readonly type: 'flush' }
  /** One timer at a time: a new one replaces the old; `ms: null` cancels. */
  | { readonly type: 'timer'; readonly ms: number | null }
  /** To the journal, in order; the bodies of CallEvent that a flow may write. */
  | { readonly type: 'record'; readonly event: FlowRecord }
  /** Have the patient wait for an agent, and tell what came of it. @property queue null: the call's own */
  | { readonly type: 'transfer'; readonly queue: string | null }
  /** The flow is over: hang up. Always the last command, but for a flow that an agent has taken over from. */
  | { readonly type: 'hangup' }

export type FlowRecord = Extract<
  CallEventBody,
  { type: 'node' | 'question' | 'key' | 'answer' | 'respondent' | 'do_not_call' | 'outcome' }
>

/** Where a run of a flow stands. Plain JSON. */
export interface FlowState {
  readonly nodeId: string | null
  readonly memory: Json
  readonly doing: Doing
  readonly variables: Variables
  readonly progress: Progress
  readonly outcome: FlowOutcome | null
  readonly timer: boolean
  /** Nodes entered, so that no circle turns for ever. */
  readonly visits: number
}

type Doing =
  | { readonly type: 'nothing' }
  | { readonly type: 'saying'; readonly groups: readonly PromptGroup[]; readonly begun: boolean }
  | ({ readonly type: 'asking' } & Asking)
  /** `9` was pressed: is it meant? Afterwards the question goes on where it was. */
  | { readonly type: 'confirming'; readonly back: Asking; readonly begun: boolean; readonly playing: boolean }
  | { readonly type: 'transferring' }
  | { readonly type: 'over' }

/** Prompts in a row that all may, or all may not, be interrupted. The first group is the one being played. */
interface PromptGroup {
  readonly prompts: readonly string[]
  readonly skippable: boolean
}

export interface FlowStep {
  readonly state: FlowState
  readonly commands: readonly FlowCommand[]
}

/** More nodes than any honest call passes: a person who goes round and round for hours is let go. */
const maxVisits = 500

/**
 * @param variables what the flow is told: of the task, of earlier attempts; `operator: true` where somebody can be asked
 *   for. JSON.
 */
export function startFlow(variables: Variables = {}): FlowState {
  return {
    nodeId: null,
    memory: null,
    doing: { type: 'nothing' },
    variables,
    progress: { answered: 0, total: 0, complete: false },
    outcome: null,
    timer: false,
    visits: 0,
  }
}

export function isOver(state: FlowState): boolean {
  return state.doing.type === 'over'
}

export function step(flow: Flow, state: FlowState, input: FlowInput): FlowStep {
  const run = new Run(flow, state)
  run.take(input)
  return { state: run.state, commands: run.commands }
}

/** One step in the making; nothing of it lives longer. */
class Run {
  state: FlowState
  readonly commands: FlowCommand[] = []
  readonly #flow: Flow

  constructor(flow: Flow, state: FlowState) {
    this.#flow = flow
    this.state = state
  }

  take(input: FlowInput): void {
    const { doing } = this.state
    if (doing.type === 'over') return
    if (input.type === 'hangup' || input.type === 'speechless') {
      this.#brokenOff(input.type === 'hangup' ? 'partial' : 'callback')
      return
    }
    if (doing.type === 'nothing') {
      if (input.type === 'start') this.#go(this.#flow.definition.start)
      return
    }
    switch (input.type) {
      case 'begun':
        this.#begun(doing)
        return
      case 'digit':
        this.#digit(doing, input.digit, input.early === true)
        return
      case 'played':
        this.#played(doing)
        return
      case 'timeout':
        if (!this.state.timer) return
        this.#update({ timer: false })
        this.#timeout(doing)
        return
      case 'transferred':
        this.#transferred(doing, input.taken)
        return
    }
  }

  #begun(doing: Doing): void {
    if (doing.type === 'asking') this.#update({ doing: { ...doing, heard: true } })
    if (doing.type === 'saying' || doing.type === 'confirming') this.#update({ doing: { ...doing, begun: true } })
  }

  #digit(doing: Doing, digit: string, early: boolean): void {
    switch (doing.type) {
      case 'saying': {
        const taken = doing.begun && !early && doing.groups[0]?.skippable === true
        this.#key(digit, null, taken)
        if (!taken) return
        this.#emit({ type: 'stop' })
        this.#sayNext(doing.groups.slice(1))
        return
      }
      case 'asking': {
        const optOut = this.#flow.definition.optOut !== undefined
        const outcome = pressed(doing, digit, { early, optOut, operator: this.#hasOperator })
        this.#key(digit, doing.ask.questionId, outcome.taken)
        this.#asked(doing, outcome)
        return
      }
      case 'confirming': {
        const taken = doing.begun && !early
        this.#key(digit, doing.back.ask.questionId, taken)
        if (!taken) return
        if (doing.playing) this.#emit({ type: 'stop' })
        if (this.#flow.confirmKeys.includes(digit)) this.#optedOut()
        else this.#back(doing.back)
        return
      }
      case 'transferring':
        this.#key(digit, null, false)
    }
  }

  #played(doing: Doing): void {
    switch (doing.type) {
      case 'saying':
        if (doing.groups[0]?.skippable === false) this.#emit({ type: 'flush' })
        this.#sayNext(doing.groups.slice(1))
        return
      case 'asking':
        if (doing.playing) this.#asked(doing, promptPlayed(doing))
        return
      case 'confirming':
        if (!doing.playing) return
        this.#update({ doing: { ...doing, begun: true, playing: false } })
        this.#emit({ type: 'timer', ms: doing.back.ask.noInputMs })
    }
  }

  #timeout(doing: Doing): void {
    if (doing.type === 'asking') this.#asked(doing, waitedLong(doing))
    if (doing.type === 'confirming') this.#back(doing.back)
  }

  /** What an input has made of the question. */
  #asked(before: Asking, outcome: AskingStep): void {
    switch (outcome.type) {
      case 'on':
        this.#update({ doing: { type: 'asking', ...outcome.asking } })
        for (const command of outcome.commands) this.#emit(command)
        return
      case 'answered':
        if (before.playing) this.#emit({ type: 'stop' })
        this.#reply({ type: 'answered', keys: outcome.keys })
        return
      case 'gave_up':
        if (before.playing) this.#emit({ type: 'stop' })
        this.#reply({ type: 'gave_up' })
        return
      case 'opt_out': {
        if (before.playing) this.#emit({ type: 'stop' })
        const back = { ...outcome.asking, playing: false }
        this.#update({ doing: { type: 'confirming', back, begun: false, playing: true } })
        this.#emit({ type: 'play', prompts: this.#flow.definition.optOut?.prompts ?? [], interruptible: true })
        return
      }
      case 'operator':
        if (before.playing) this.#emit({ type: 'stop' })
        this.#go(this.#flow.definition.operator?.next ?? this.#flow.definition.start)
    }
  }

  #back(asking: Asking): void {
    this.#asked(asking, putAgain(asking, true))
  }

  #optedOut(): void {
    this.#record({ type: 'do_not_call' })
    this.#go(this.#flow.definition.optOut?.next ?? this.#flow.definition.start)
  }

  /** Whoever has taken the patient over says what the call was. */
  #transferred(doing: Doing, taken: boolean): void {
    if (doing.type !== 'transferring') return
    if (taken) this.#update({ doing: { type: 'over' } })
    else this.#reply({ type: 'not_taken' })
  }

  #reply(reply: Reply): void {
    const node = this.#node()
    const { doing } = this.state
    if (node?.on === undefined) {
      this.#end()
      return
    }
    const turn = node.on(reply, this.state.memory, this.#context())
    // The keys made no sense to the node: the same question, one failure more.
    if (turn.action.type === 'refuse' && doing.type === 'asking') {
      this.#asked({ ...doing, playing: false }, failed({ ...doing, playing: false }, 'invalid'))
      return
    }
    this.#turn(turn)
  }

  /** Follows nodes until one wants something of the world. */
  #go(to: string): void {
    let next: string | null = to
    while (next !== null) {
      if (this.state.visits >= maxVisits) {
        this.#end()
        return
      }
      this.#update({ nodeId: next, memory: null, visits: this.state.visits + 1 })
      this.#record({ type: 'node', nodeId: next })
      const turn = this.#node()?.enter(this.#context())
      if (turn === undefined) {
        this.#end()
        return
      }
      next = this.#note(turn)
    }
  }

  #turn(turn: Turn): void {
    const next = this.#note(turn)
    if (next !== null) this.#go(next)
  }

  /** Does what a turn says; returns the node to go to, if it says that. */
  #note({ records = [], set = {}, progress, memory, outcome, action }: Turn): string | null {
    for (const record of records) this.#record(record)
    this.#update({
      variables: { ...this.state.variables, ...set },
      ...(progress === undefined ? {} : { progress }),
      ...(memory === undefined ? {} : { memory }),
    })
    if (outcome !== undefined) this.#outcome(outcome === 'unfinished' ? this.#unfinished() : outcome)
    switch (action.type) {
      case 'go':
        return action.to
      case 'say':
        this.#sayNext(this.#groups(action.prompts, action.skippable))
        return null
      case 'ask': {
        const { asking, commands } = beginAsking({ ...action.ask, prompts: this.#spoken(action.ask.prompts) })
        this.#update({ doing: { type: 'asking', ...asking } })
        for (const command of commands) this.#emit(command)
        return null
      }
      case 'transfer':
        this.#update({ doing: { type: 'transferring' } })
        this.#emit({ type: 'transfer', queue: action.queue })
        return null
      default:
        this.#end()
        return null
    }
  }

  #sayNext(groups: readonly PromptGroup[]): void {
    const [group] = groups
    if (group === undefined) {
      this.#reply({ type: 'said' })
      return
    }
    this.#update({ doing: { type: 'saying', groups, begun: false } })
    this.#emit({ type: 'play', prompts: group.prompts, interruptible: group.skippable })
  }

  #groups(prompts: readonly string[], skippable: boolean): PromptGroup[] {
    const groups: { prompts: string[]; skippable: boolean }[] = []
    for (const prompt of this.#spoken(prompts)) {
      const maySkip = skippable && !this.#flow.mandatory.has(prompt)
      const last = groups.at(-1)
      if (last?.skippable === maySkip) last.prompts.push(prompt)
      else groups.push({ prompts: [prompt], skippable: maySkip })
    }
    return groups
  }

  /** Nobody is told of the key `0` where it leads nowhere. */
  #spoken(prompts: readonly string[]): readonly string[] {
    return this.#hasOperator ? prompts : prompts.filter((prompt) => !this.#flow.ofOperator.has(prompt))
  }

  get #hasOperator(): boolean {
    return this.#flow.definition.operator !== undefined && this.state.variables.operator === true
  }

  #brokenOff(incomplete: FlowOutcome): void {
    this.#outcome(this.state.progress.complete ? 'done' : incomplete)
    this.#update({ doing: { type: 'over' }, timer: false })
  }

  #end(): void {
    this.#outcome(this.state.progress.complete ? 'done' : this.#unfinished())
    this.#emit({ type: 'hangup' })
    this.#update({ doing: { type: 'over' } })
  }

  #unfinished(): FlowOutcome {
    return this.state.progress.answered > 0 ? 'partial' : 'uncooperative'
  }

  /** Said once; what was decided first stays. */
  #outcome(outcome: FlowOutcome): void {
    if (this.state.outcome !== null) return
    this.#update({ outcome })
    this.#record({ type: 'outcome', outcome })
  }

  #key(digit: string, questionId: string | null, taken: boolean): void {
    this.#record({ type: 'key', digit, nodeId: this.state.nodeId ?? '', questionId, taken })
  }

  #record(event: FlowRecord): void {
    this.#emit({ type: 'record', event })
  }

  /** A timer never runs beside a prompt, nor after the end. */
  #emit(command: FlowCommand): void {
    if ((command.type === 'play' || command.type === 'hangup') && this.state.timer) {
      this.commands.push({ type: 'timer', ms: null })
      this.#update({ timer: false })
    }
    if (command.type === 'timer') this.#update({ timer: command.ms !== null })
    this.commands.push(command)
  }

  #node() {
    return this.#flow.nodes.get(this.state.nodeId ?? '')
  }

  #context(): NodeContext {
    return { variables: this.state.variables }
  }

  #update(change: Partial<FlowState>): void {
    this.state = { ...this.state, ...change }
  }
}
