import type { Ground } from '#platform/database/database.ts'
import type { Log } from '#platform/log.ts'
import { appendToStream } from '#platform/realtime/stream-store.ts'
import { judgeRecording, type RecordingVerdict } from './recording.ts'
import { pathWithin } from './recording-place.ts'
import { type ClosedRecording, closedRecording, writeVerdict } from './recording-store.ts'
import { measureWav, NotAWav, type WavMeasurement } from './wav-file.ts'

export interface RecordingJudgeParts {
  readonly db: Ground
  readonly log: Log
  /** Where recordings lie. */
  readonly folder: string
  /** Whether the media server fills gaps with silence; see `judgeRecording`. */
  readonly gapless: boolean
}

/**
 * Measures a closed recording and writes what it is worth: `verified`, or `damaged` with an alarm in the log.
 * Safe to repeat: a recording that has been judged stays as it is.
 * Source: architecture §4 (Recording), requirements F01, F07.
 */
export async function judgeClosedRecording(parts: RecordingJudgeParts, recordingId: string): Promise<void> {
  const recording = await closedRecording(parts.db, recordingId)
  if (recording === null || recording.state !== 'closed') return
  const { found, verdict } = await examine(recording, parts)
  await parts.db.transaction().execute(async (tx) => {
    if (!(await writeVerdict(tx, recordingId, verdict, found))) return
    await appendToStream(tx, 'live', [
      { type: 'recording.changed', payload: { attemptId: recording.attemptId, state: verdict.state } },
    ])
  })
  if (verdict.state === 'damaged') {
    parts.log.error(
      { attemptId: recording.attemptId, recordingId, faults: verdict.faults, mediaMs: recording.mediaMs },
      'a recording is damaged',
    )
  }
}

const unreadable = { found: null, verdict: { state: 'damaged', faults: ['unreadable'], gapMs: 0 } } as const

async function examine(
  recording: ClosedRecording,
  { folder, gapless }: RecordingJudgeParts,
): Promise<{ found: WavMeasurement | null; verdict: RecordingVerdict }> {
  try {
    const path = pathWithin(folder, recording.path)
    if (path === null) return unreadable
    const found = await measureWav(path)
    // A node that died knows no end: the file's own length is then all there is to compare with.
    const verdict = judgeRecording(found, { mediaMs: recording.mediaMs ?? found.durationMs, gapless })
    return { found, verdict }
  } catch (error) {
    if (!(error instanceof NotAWav) && !isMissingFile(error)) throw error
    return unreadable
  }
}

function isMissingFile(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
