import type { CallDetail } from '#follow-up/calls/call-schema.ts'
import { i18n, type Language } from '../text/i18n.ts'
import { word } from '../text/word.ts'

type CallEventItem = CallDetail['events'][number]

/** One event of a call as a person would say it; of a kind this release does not know, its type. */
export function eventText({ type, body }: CallEventItem, detail: CallDetail, language: Language): string {
  const { t } = i18n
  const textOf = (key: string) => (typeof body[key] === 'string' ? body[key] : '')
  switch (type) {
    case 'invited':
    case 'ringing':
    case 'answered':
    case 'recording_started':
    case 'recording_closed':
    case 'do_not_call':
      return t(`calls.event.${type}`)
    case 'node':
      return t('calls.event.node', { node: textOf('nodeId') })
    case 'question':
      return t('calls.event.question', {
        index: Number(body.index ?? 0) + 1,
        question: questionText(detail, textOf('questionId'), language),
      })
    case 'key':
      return t(body.taken === false ? 'calls.event.keyIgnored' : 'calls.event.key', { digit: textOf('digit') })
    case 'answer': {
      const given = detail.answers.find(({ questionId }) => questionId === body.questionId)
      return t('calls.event.answer', { value: given?.answer[language] ?? String(body.value ?? '') })
    }
    case 'respondent':
      return t(body.respondent === 'patient' ? 'calls.event.respondent_patient' : 'calls.event.respondent_proxy')
    case 'outcome':
      return t('calls.event.outcome', { outcome: word('outcome', textOf('outcome')) })
    case 'ended':
      return [t('calls.event.ended', { result: word('result', textOf('result')) }), hangup(textOf('hangupBy'))]
        .filter((part) => part !== '')
        .join(language === 'zh' ? ',' : ', ')
    default:
      return type
  }
}

function hangup(by: string): string {
  return by === 'patient' || by === 'hospital' || by === 'lost' ? i18n.t(`calls.hangup.${by}`) : ''
}

function questionText({ questions }: CallDetail, id: string, language: Language): string {
  return questions.find((question) => question.id === id)?.text[language] ?? id
}
