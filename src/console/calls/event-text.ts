import { i18n, type Language } from '../text/i18n.ts'
import { word } from '../text/word.ts'

/** An event of a call as the server tells it, or a marker of its recording. */
export interface Happening {
  readonly type: string
  readonly body: Readonly<Record<string, unknown>>
}

/** What a question is called, by its id. */
export type QuestionText = (questionId: string) => string

/** One event of a call as a person would say it; of a kind this release does not know, its type. */
export function eventText({ type, body }: Happening, questionText: QuestionText, language: Language): string {
  const { t } = i18n
  const textOf = (key: string) => (typeof body[key] === 'string' ? body[key] : '')
  switch (type) {
    case 'invited':
    case 'ringing':
    case 'answered':
    case 'recording_started':
    case 'recording_closed':
    case 'do_not_call':
    case 'held':
    case 'resumed':
      return t(`calls.event.${type}`)
    case 'node':
      return t('calls.event.node', { node: textOf('nodeId') })
    case 'question':
      return t('calls.event.question', {
        index: Number(body.index ?? 0) + 1,
        question: questionText(textOf('questionId')),
      })
    case 'given':
      return t('calls.event.given', { question: questionText(textOf('questionId')) })
    case 'key':
      return t(body.taken === false ? 'calls.event.keyIgnored' : 'calls.event.key', { digit: textOf('digit') })
    case 'answer':
      return t('calls.event.answer', { value: String(body.value ?? '') })
    case 'respondent':
      return t(body.respondent === 'patient' ? 'calls.event.respondent_patient' : 'calls.event.respondent_proxy')
    case 'outcome':
      return t('calls.event.outcome', { outcome: word('outcome', textOf('outcome')) })
    case 'bridged':
      return t('calls.event.bridged', { name: textOf('agent') })
    case 'agent_left':
      return t(agentLeftText(body.reason))
    case 'queued':
      return t('calls.event.queued')
    case 'left_queue':
      return t('calls.event.left_queue', { reason: word('leftQueue', textOf('reason')) })
    case 'rated':
      return t('calls.event.rated', { value: Number(body.value ?? 0) })
    case 'quality':
      return t('calls.event.quality', {
        loss: `${(Number(body.lossIn ?? 0) * 100).toFixed(1)} %`,
        mos: Number(body.mos ?? 0).toFixed(1),
      })
    case 'not_dialled':
      return t('calls.event.not_dialled', { reason: word('reason', textOf('reason')) })
    case 'supervised':
      return t(supervisionText(body.mode), { name: textOf('supervisor') })
    case 'released':
    case 'taken_over':
      return t(`calls.event.${type}`, { name: textOf('by') || textOf('supervisor') })
    case 'digits_sent':
      return t('calls.event.digits_sent', { count: Number(body.count ?? 0) })
    case 'machine_cue':
      return body.cue === 'beep'
        ? t('calls.event.machine_beep', { frequency: Number(body.frequency ?? 0) })
        : t('calls.event.machine_greeting', { seconds: (Number(body.speechMs ?? 0) / 1000).toFixed(1) })
    case 'ended':
      return [t('calls.event.ended', { result: word('result', textOf('result')) }), hangup(textOf('hangupBy'))]
        .filter((part) => part !== '')
        .join(language === 'zh' ? '，' : ', ')
    default:
      return type
  }
}

function agentLeftText(reason: unknown) {
  switch (reason) {
    case 'phone_lost':
    case 'hung_up':
      return `calls.event.agent_left_${reason}` as const
    default:
      return 'calls.event.agent_left_not_back' as const
  }
}

function supervisionText(mode: unknown) {
  switch (mode) {
    case 'monitor':
    case 'coach':
    case 'barge':
      return `calls.event.supervised_${mode}` as const
    default:
      return 'calls.event.supervised_left' as const
  }
}

function hangup(by: string): string {
  return by === 'patient' || by === 'hospital' || by === 'lost' ? i18n.t(`calls.hangup.${by}`) : ''
}
