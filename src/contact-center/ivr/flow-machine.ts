import type { CallEventBody } from '../calls/call-event.ts'

/**
 * The contract between the interpreter, which decides, and whoever runs it: a phone call, a terminal, a unit test.
 *
 * The interpreter is a pure state machine: `step(flow, state, input) → { state, commands }`. It holds no clock and
 * does no I/O; time reaches it as `timeout` inputs it has asked for, and as the instant each input carries.
 */

export type FlowInput =
  | { readonly type: 'start'; readonly at: Date }
  | { readonly type: 'digit'; readonly digit: string; readonly at: Date }
  /** Every file of the last `play` command has been heard to its end (a play that `stop` interrupted sends nothing). */
  | { readonly type: 'played'; readonly at: Date }
  | { readonly type: 'timeout'; readonly at: Date }
  /** The far end is gone. The machine says its last words (outcome) and stops. */
  | { readonly type: 'hangup'; readonly at: Date }

export type FlowCommand =
  /** Play these prompts one after another. Prompt ids; the runner resolves them to files. Replaces a running play. */
  | { readonly type: 'play'; readonly prompts: readonly string[]; readonly interruptible: boolean }
  /** Stop what is playing (a key was taken). */
  | { readonly type: 'stop' }
  /** Drop digits the media server has queued (before a prompt that may not be skipped ends). */
  | { readonly type: 'flush' }
  /** One timer at a time: a new one replaces the old; `ms: null` cancels. */
  | { readonly type: 'timer'; readonly ms: number | null }
  /** To the journal, in order; the bodies of CallEvent that a flow may write. */
  | { readonly type: 'record'; readonly event: FlowRecord }
  /** The flow is over: hang up. Always the last command. */
  | { readonly type: 'hangup' }


export type FlowRecord = Extract<
  CallEventBody,
  { type: 'node' | 'question' | 'key' | 'answer' | 'respondent' | 'do_not_call' | 'outcome' }
>
