import { join } from 'node:path'
import type { HeardCall } from './patients-log.ts'
import { type RecordedTone, recordedTone } from './recorded-tone.ts'
import type { SurveyRow } from './survey-rows.ts'

export interface Evidence {
  /** INVITEs that reached a patient, and attempts whose INVITE never did. */
  readonly calls: number
  /** What is wrong with a call, one line each; ids only. */
  readonly failed: readonly string[]
  readonly lostKeys: readonly string[]
  readonly recordingsUnverified: readonly string[]
  /** From the 200 to the first packet of speech, in the order of the answers, ms; calls that heard none are failures. */
  readonly promptStartMs: readonly number[]
  readonly keysSent: number
  readonly tones: readonly RecordedTone[]
}

/** Of a whole call's recording the tone must fill this much; six keys take the rest. */
const leastPresent = 0.85
/** Half of the windows are the tone and next to nothing else: a second voice of the same loudness would halve it. */
const leastPurity = 0.9

/** Holds what the patients' telephones did against what the rows and the recordings in that folder say. */
export async function weigh(
  heard: readonly HeardCall[],
  rows: readonly SurveyRow[],
  recordings: string,
): Promise<Evidence> {
  const rowOf = new Map(rows.map((row) => [row.attemptId, row]))
  const failed: string[] = []
  const lostKeys: string[] = []
  const recordingsUnverified: string[] = []
  const tones: RecordedTone[] = []
  const seen = new Set<string>()
  for (const call of heard) {
    const row = call.attemptId === null ? undefined : rowOf.get(call.attemptId)
    if (row === undefined) {
      failed.push(`call ${call.callId}: no attempt of this id`)
      continue
    }
    const { attemptId } = row
    if (seen.has(attemptId)) failed.push(`attempt ${attemptId}: a second INVITE`)
    seen.add(attemptId)
    const fault = faultOf(call, row)
    if (fault !== null) failed.push(`attempt ${attemptId}: ${fault}`)
    lostKeys.push(...lostOf(call, row).map((lost) => `attempt ${attemptId}: ${lost}`))
    if (call.answeredAt === null) continue
    const { fault: bad, tone } = await recordingOf(call, row, recordings)
    if (tone !== null) tones.push(tone)
    if (bad !== null) recordingsUnverified.push(`attempt ${attemptId}: ${bad}`)
  }
  for (const { attemptId, result } of rows) {
    if (!seen.has(attemptId)) failed.push(`attempt ${attemptId}: no INVITE came of it (${result})`)
  }
  const answered = heard.filter((call) => call.answeredAt !== null)
  const inOrder = answered.toSorted((a, b) => (a.answeredAt ?? 0) - (b.answeredAt ?? 0))
  return {
    calls: Math.max(heard.length, rows.length),
    failed,
    lostKeys,
    recordingsUnverified,
    promptStartMs: inOrder.flatMap(({ promptStartMs }) => promptStartMs ?? []),
    keysSent: heard.reduce((sum, { keys }) => sum + keys.length, 0),
    tones,
  }
}

function faultOf(call: HeardCall, row: SurveyRow): string | null {
  if (call.answeredAt === null) return `never answered: ${row.result} after SIP ${row.sipStatus}, Q.850 ${row.q850}`
  if (call.promptStartMs === null) return 'the patient never heard a word'
  if (row.result !== 'completed' || row.outcome !== 'done') return `ended as ${row.result}, outcome ${row.outcome}`
  if (row.taskState !== 'completed' || row.response !== 'complete') {
    return `task ${row.taskState}, response ${row.response}`
  }
  if (call.endedBy !== 'remote') return `ended by ${call.endedBy}, not by the hospital`
  const pressed = call.keys.map(({ key }) => key).join('')
  if (row.keysTaken !== pressed) return `pressed ${pressed}, taken ${row.keysTaken}, dropped ${row.keysDropped}`
  return null
}

/** The first key says who it is, each other one answers a question. */
function lostOf(call: HeardCall, row: SurveyRow): string[] {
  const lost: string[] = []
  for (const [index, { key, prompted, sent }] of call.keys.entries()) {
    if (!sent) lost.push(`key ${index + 1} could not be sent`)
    if (!prompted || !sent) continue
    const kept = index === 0 ? row.respondent === 'patient' : row.answers[index - 1] === key
    if (!kept) lost.push(`key ${index + 1} (${key}) is not in the answers (${row.respondent}, ${row.answers})`)
  }
  return lost
}

async function recordingOf(
  call: HeardCall,
  row: SurveyRow,
  recordings: string,
): Promise<{ readonly fault: string | null; readonly tone: RecordedTone | null }> {
  if (row.recording !== 'verified' && row.recording !== 'stored')
    return { fault: `recording ${row.recording}`, tone: null }
  if (row.recordingPath === null) return { fault: 'recording without a file', tone: null }
  try {
    const tone = await recordedTone(join(recordings, row.recordingPath), call.voiceHz)
    const fault =
      tone.present < leastPresent || tone.purity < leastPurity
        ? `${call.voiceHz} Hz fills ${tone.present.toFixed(2)} of the patient's channel, purity ${tone.purity.toFixed(2)}`
        : null
    return { fault, tone }
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error), tone: null }
  }
}
