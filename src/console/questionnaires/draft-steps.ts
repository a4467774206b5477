import type { Draft, DraftOption, DraftPrompt, DraftQuestion } from '#follow-up/questionnaire/questionnaire-draft.ts'

/** What an author does to a draft: each step makes the next draft, and leaves the one before as it was. */

export type Kind = DraftQuestion['kind']

const noText = { zh: '', en: '' }

/** A scale that many questions share: with the same answers under the same keys (requirements E04). */
const scales = {
  satisfaction: [
    ['very_satisfied', '非常满意', 'very satisfied', 100],
    ['satisfied', '满意', 'satisfied', 75],
    ['neutral', '一般', 'neither', 50],
    ['dissatisfied', '不满意', 'dissatisfied', 0],
  ],
  yesNo: [
    ['yes', '是', 'yes', null],
    ['no', '否', 'no', null],
  ],
} as const

export type Scale = keyof typeof scales

export function scaleOptions(scale: Scale): DraftOption[] {
  return scales[scale].map(([code, zh, en, score], index) => ({
    code,
    label: { zh, en },
    key: String(index + 1),
    ...(score === null ? {} : { score }),
  }))
}

/** The first name of this kind that nobody has: `q1`, `q2` …; one that was given before stays free no longer than its question. */
export function freeName(prefix: string, taken: readonly string[]): string {
  const numbers = taken.flatMap((name) => (name.startsWith(prefix) ? [Number(name.slice(prefix.length))] : []))
  return `${prefix}${Math.max(0, ...numbers.filter(Number.isInteger)) + 1}`
}

export function addQuestion(draft: Draft, kind: Kind): Draft {
  const question: DraftQuestion = {
    id: freeName(
      'q',
      draft.questions.map(({ id }) => id),
    ),
    kind,
    text: noText,
    hint: noText,
    prompts: [],
    required: true,
    enableWhen: [],
    findings: [],
    options: kind === 'single' || kind === 'multiple' ? [newOption([]), newOption([newOption([])])] : [],
    ...(kind === 'number' ? { decimals: 0 } : {}),
    ...(kind === 'text' ? { maxLength: 500 } : {}),
  }
  return { ...draft, questions: [...draft.questions, question] }
}

/** Codes are for machines: they stay when words are changed. */
export function newOption(options: readonly DraftOption[]): DraftOption {
  const code = freeName(
    'a',
    options.map((option) => option.code),
  )
  const keys = new Set(options.map(({ key }) => key))
  const key = ['1', '2', '3', '4', '5', '6', '7', '8'].find((one) => !keys.has(one))
  return { code, label: noText, ...(key === undefined ? {} : { key }) }
}

export function withQuestion(draft: Draft, index: number, change: Partial<DraftQuestion>): Draft {
  return { ...draft, questions: replaced(draft.questions, index, change) }
}

export function replaceQuestion(draft: Draft, index: number, question: DraftQuestion): Draft {
  return { ...draft, questions: draft.questions.with(index, question) }
}

export function removeQuestion(draft: Draft, index: number): Draft {
  return { ...draft, questions: without(draft.questions, index) }
}

export function moveQuestion(draft: Draft, from: number, to: number): Draft {
  return { ...draft, questions: moved(draft.questions, from, to) }
}

export function replaced<Item>(items: readonly Item[], index: number, change: Partial<Item>): Item[] {
  return items.map((item, at) => (at === index ? { ...item, ...change } : item))
}

export function without<Item>(items: readonly Item[], index: number): Item[] {
  return items.filter((_item, at) => at !== index)
}

export function moved<Item>(items: readonly Item[], from: number, to: number): Item[] {
  const rest = without(items, from)
  const item = items[from]
  return item === undefined || to < 0 || to > rest.length ? [...items] : rest.toSpliced(to, 0, item)
}

/** A prompt that says something else than it did has to be spoken anew. */
export function reworded(prompt: DraftPrompt, text: string): DraftPrompt {
  return text === prompt.text ? prompt : { text, prompt: null }
}

/** The question and its options, each before its key (requirements E04): what a patient is to hear. */
export function proposedText({ text, kind, options }: DraftQuestion): string {
  const asked = text.zh.trim()
  if (kind === 'number') return `${asked}请按数字键，按井号结束。`
  const keyed = options.filter(({ key, label }) => key !== undefined && label.zh.trim() !== '')
  if (keyed.length === 0) return asked
  const said = keyed.map(({ key, label }) => `${label.zh.trim()}请按${key}`).join('，')
  return `${asked}${said}${kind === 'multiple' ? '，可多选，按井号结束。' : '。'}`
}

/** The place and words of every prompt that nobody has spoken yet. */
export function unspoken({ questions }: Draft): readonly { question: number; place: number; text: string }[] {
  return questions.flatMap(({ prompts }, question) =>
    prompts.flatMap(({ prompt, text }, place) =>
      prompt === null && text.trim() !== '' ? [{ question, place, text }] : [],
    ),
  )
}

/** A sound for a prompt, if it still says what was spoken. */
export function spokenAs(
  draft: Draft,
  text: string,
  prompt: { readonly id: string; readonly text: string | null },
): Draft {
  const questions = draft.questions.map((question) => ({
    ...question,
    prompts: question.prompts.map((one) =>
      one.prompt === null && one.text === text ? { text: prompt.text ?? text, prompt: prompt.id } : one,
    ),
  }))
  return { ...draft, questions }
}
