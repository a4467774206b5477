import { readFile } from 'node:fs/promises'

/** One call as the patient's telephone had it; times in milliseconds of the clock. */
export interface HeardCall {
  readonly callId: string
  readonly attemptId: string | null
  /** The 200 left its socket; null when it never picked up. */
  answeredAt: number | null
  voiceHz: number
  /** From the 200 to the first packet of speech; null when none came. */
  promptStartMs: number | null
  /** In the order they were pressed. `prompted`: speech had begun since the key before. */
  readonly keys: { readonly key: string; readonly at: number; readonly prompted: boolean; readonly sent: boolean }[]
  endedAt: number | null
  /** `remote`: the hospital hung up. */
  endedBy: string | null
}

/** Reads what the carrier wrote of its telephones (carrier's call-report.ts), a call for each INVITE, in their order. */
export async function readPatientsLog(path: string): Promise<HeardCall[]> {
  const calls = new Map<string, HeardCall>()
  for (const line of (await readFile(path, 'utf8')).split('\n')) {
    if (line !== '') take(calls, parse(line))
  }
  return [...calls.values()]
}

type Line = Readonly<Record<string, unknown>>

function parse(line: string): Line {
  const value: unknown = JSON.parse(line)
  if (typeof value !== 'object' || value === null) throw new Error('a line of the patients’ log is no object')
  return { ...value }
}

function take(calls: Map<string, HeardCall>, line: Line): void {
  const callId = String(line.callId)
  const at = Number(line.at)
  const known = calls.get(callId)
  if (known === undefined) {
    const attemptId = typeof line.attemptId === 'string' ? line.attemptId : null
    const unheard = { answeredAt: null, voiceHz: 0, promptStartMs: null, keys: [], endedAt: null, endedBy: null }
    calls.set(callId, { callId, attemptId, ...unheard })
    return
  }
  switch (line.event) {
    case 'answered':
      known.answeredAt = at
      known.voiceHz = Number(line.voiceHz)
      return
    case 'speech':
      known.promptStartMs = Number(line.afterAnswerMs)
      return
    case 'key':
      known.keys.push({
        key: String(line.key),
        at,
        prompted: Number(line.listenedMs) > 0,
        sent: line.sent === true,
      })
      return
    case 'ended':
      known.endedAt = at
      known.endedBy = String(line.by)
  }
}
