/**
 * Where in a call's recording things happened. A recording begins a moment after the answer, and its clock is the
 * recording's own: an event lies as far into it as it came after the recording's start.
 */

export interface ReplayRecording {
  readonly id: string
  readonly part: number
  /** Null while it is expected, or where it never began. */
  readonly startedAt: Date | null
  readonly closedAt: Date | null
  readonly durationMs: number | null
}

export interface ReplayEvent {
  readonly type: string
  readonly at: Date
  readonly body: Readonly<Record<string, unknown>>
}

export interface Marker extends ReplayEvent {
  readonly recordingId: string
  readonly offsetMs: number
  readonly questionId: string | null
}

/** An answer as the form has it. */
export interface GivenAnswer {
  readonly questionId: string
  readonly at: Date
}

export interface QuestionPlace {
  readonly questionId: string
  readonly recordingId: string
  readonly offsetMs: number
}

/** Before the answer there is no sound; the rest are the recording's own, or inner workings of a flow. */
const silent: ReadonlySet<string> = new Set([
  'invited',
  'ringing',
  'not_dialled',
  'node',
  'recording_started',
  'recording_closed',
  'quality',
])
/** What came so shortly before the recording is heard at its beginning. */
const beforeStartMs = 3_000
/** An agent writes an answer down after it was given, and the question was asked before that. */
const askedBeforeMs = 6_000

/** Events that have a place in one of the recordings, in order of time. `given`: an answer that an agent wrote down. */
export function markersOf(
  events: readonly ReplayEvent[],
  given: readonly GivenAnswer[],
  recordings: readonly ReplayRecording[],
): readonly Marker[] {
  const heard = events.filter(({ type }) => !silent.has(type))
  const asked = new Set(heard.map(({ body }) => body.questionId))
  const written = given
    .filter(({ questionId }) => !asked.has(questionId))
    .map(({ questionId, at }) => ({ type: 'given', at, body: { questionId } }))
  return [...heard, ...written]
    .sort((one, other) => one.at.getTime() - other.at.getTime())
    .flatMap((event) => {
      const place = placeOf(event.at, recordings)
      const { questionId } = event.body
      return place === null
        ? []
        : [{ ...event, ...place, questionId: typeof questionId === 'string' ? questionId : null }]
    })
}

/** Where each question is first heard. */
export function placesOf(questionIds: readonly string[], markers: readonly Marker[]): readonly QuestionPlace[] {
  return questionIds.flatMap((questionId) => {
    const own = markers.filter((marker) => marker.questionId === questionId)
    const asked = own.find(({ type }) => type === 'question')
    if (asked !== undefined) return [{ questionId, recordingId: asked.recordingId, offsetMs: asked.offsetMs }]
    const [first] = own
    if (first === undefined) return []
    const offsetMs = Math.max(0, first.offsetMs - (first.type === 'given' ? askedBeforeMs : 0))
    return [{ questionId, recordingId: first.recordingId, offsetMs }]
  })
}

function placeOf(at: Date, recordings: readonly ReplayRecording[]): { recordingId: string; offsetMs: number } | null {
  const begun = recordings.flatMap(({ startedAt, ...rest }) => (startedAt === null ? [] : [{ ...rest, startedAt }]))
  const before = begun.filter(({ startedAt }) => startedAt.getTime() - beforeStartMs <= at.getTime())
  const recording = before.findLast(({ startedAt }) => startedAt <= at) ?? before.at(0)
  if (recording === undefined) return null
  const into = Math.max(0, at.getTime() - recording.startedAt.getTime())
  const length = recording.durationMs ?? spanMs(recording.startedAt, recording.closedAt)
  return { recordingId: recording.id, offsetMs: length === null ? into : Math.min(into, length) }
}

function spanMs(from: Date, to: Date | null): number | null {
  return to === null ? null : to.getTime() - from.getTime()
}
