import type { CallDetail, ReplayMarker } from '#follow-up/calls/call-schema.ts'
import type { PlayerMark } from './recording-player.tsx'

type TextedMarker = ReplayMarker & { readonly text: string }

const kinds: Readonly<Record<string, PlayerMark['kind']>> = {
  question: 'question',
  given: 'question',
  held: 'hold',
  resumed: 'hold',
  answered: 'end',
  ended: 'end',
  bridged: 'people',
  agent_left: 'people',
  supervised: 'people',
  released: 'people',
  taken_over: 'people',
  machine_cue: 'people',
}

/** Marks on the wave: questions by their number, keys by their digit, the rest as a line. */
export function marksOf(markers: readonly TextedMarker[], form: CallDetail['form']): readonly PlayerMark[] {
  return markers.map(({ type, offsetMs, questionId, body, text }, index) => {
    const kind = kinds[type] ?? 'key'
    const number = form.findIndex((question) => question.questionId === questionId) + 1
    const digit = typeof body.digit === 'string' ? body.digit : ''
    const label = kind === 'question' && number > 0 ? String(number) : digit
    return { key: `${index} ${type}`, offsetMs, text, kind, label }
  })
}

/** Which of them was the last to be heard, by its place; -1 before the first. */
export function currentMarker(markers: readonly { readonly offsetMs: number }[], atMs: number): number {
  // A second shown as 12 goes to the end of 12.
  return markers.findLastIndex(({ offsetMs }) => offsetMs < atMs + 1_000)
}
