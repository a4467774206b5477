/**
 * Places where a chaos test may kill the process: `SUIFANG_FAILPOINT=answered`, or `answered:3` for the third pass.
 * The kill is SIGKILL, as a power cut would be: nothing is flushed, nothing is closed.
 */
export const failpoints = [
  /** Attempts are claimed and committed; nothing has been dialled. */
  'after-claim',
  /** The first INVITE of an attempt has left. */
  'invite-sent',
  /** A provisional answer has come. */
  'ringing',
  /** 200 has come and its event is in the journal. */
  'answered',
  /** A question is being asked. */
  'in-question',
  /** A recording file is closed and its event is in the journal. */
  'recording-closed',
  /** A seat is reserved for an attempt and that is committed; nothing has been dialled. */
  'reserved',
  /** The patient has answered, that is in the journal, and the seat is not in the call yet. */
  'seat-ringing',
  /** Patient and agent are in the call together. */
  'talking',
  /** The patient is on hold. */
  'hold',
  /** The agent's call is over, its after-call work begins. */
  'wrap-up',
  /** Entries are fsynced in the journal and none of them applied. */
  'journal-written',
  /** Entries are applied and the cursor is not yet moved. */
  'journal-applied',
] as const

export type Failpoint = (typeof failpoints)[number]

const armed = arm(process.env.SUIFANG_FAILPOINT)

/** Kills this process if the named place is armed; else does nothing. */
export function failpoint(name: Failpoint): void {
  if (armed === undefined || armed.name !== name) return
  armed.passes -= 1
  if (armed.passes > 0) return
  process.kill(process.pid, 'SIGKILL')
}

/** Whether the text of `SUIFANG_FAILPOINT` names a place that exists. */
export function isFailpoint(text: string): boolean {
  return parse(text) !== undefined
}

function arm(text: string | undefined): { name: Failpoint; passes: number } | undefined {
  return text === undefined || text === '' ? undefined : parse(text)
}

function parse(text: string): { name: Failpoint; passes: number } | undefined {
  const [place, passes = '1'] = text.split(':')
  const name = failpoints.find((known) => known === place)
  return name === undefined || !/^[1-9]\d{0,8}$/.test(passes) ? undefined : { name, passes: Number(passes) }
}
