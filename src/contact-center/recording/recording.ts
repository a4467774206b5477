import type { WavMeasurement } from './wav-file.ts'

/** What the call's own events say the recording must hold. */
export interface RecordingExpectation {
  /** From the start of the recording to its stop, by the call's events. */
  readonly mediaMs: number
  /**
   * The media server writes silence for missing packets (our softswitch). FreeSWITCH writes nothing while no RTP
   * arrives, so there a shorter file has a gap and is not damaged (architecture §4).
   */
  readonly gapless: boolean
}

export type RecordingFault = 'not_stereo' | 'wrong_rate' | 'too_short' | 'too_long' | 'hospital_silent' | 'unreadable'

export interface RecordingVerdict {
  readonly state: 'verified' | 'damaged'
  readonly faults: readonly RecordingFault[]
  /** Milliseconds that the file is shorter than the call, where the media server leaves gaps; else 0. */
  readonly gapMs: number
}

/** Length may differ from media time by this much (requirements F01). */
const toleranceMs = 1_000
/** Below this the hospital's channel holds no speech: −60 dB of full scale, under any prompt's noise floor. */
const silentRms = 0.001
/** A call this short may end before its first prompt is heard, so silence proves nothing. */
const tooShortForSpeechMs = 1_500

/** Judges a finished recording (architecture §4; requirements F01, F07). Left is the patient, right the hospital. */
export function judgeRecording(found: WavMeasurement, expected: RecordingExpectation): RecordingVerdict {
  const faults: RecordingFault[] = []
  if (found.channels !== 2) faults.push('not_stereo')
  if (found.sampleRate !== 8_000) faults.push('wrong_rate')
  const missingMs = expected.mediaMs - found.durationMs
  if (missingMs > toleranceMs && (expected.gapless || found.frames === 0)) faults.push('too_short')
  if (missingMs < -toleranceMs) faults.push('too_long')
  if (expected.mediaMs >= tooShortForSpeechMs && (found.rms[1] ?? 0) < silentRms) faults.push('hospital_silent')
  return {
    state: faults.length === 0 ? 'verified' : 'damaged',
    faults,
    gapMs: !expected.gapless && missingMs > toleranceMs ? missingMs : 0,
  }
}
