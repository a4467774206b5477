import { type Static, Type } from 'typebox'
import { Name } from '#contact-center/ivr/flow-definition.ts'
import { type Finding, fault, hasFaults, pointer, warning } from '#contact-center/ivr/flow-finding.ts'
import type { PromptBook } from '#contact-center/ivr/prompt-library.ts'
import { type Questionnaire, questionnaireShape } from './questionnaire.ts'
import { checkQuestionnaire } from './questionnaire-check.ts'
import { askedFindings } from './survey-check.ts'
import './questionnaire-errors.ts'

/**
 * A questionnaire while it is written. Anything may still be missing, and each kind's fields are kept while another kind is
 * tried; what it becomes is {@link documentOf}. Paths of findings are the same in both.
 * Source: requirements X03, H21–H25; Y05 (text to be read, instruction, options).
 */

const bounded = (maxLength: number) => Type.String({ maxLength })
const closed = { additionalProperties: false } as const

/** English may be left out: it is then shown in Chinese. */
const DraftText = Type.Object({ zh: bounded(4_000), en: bounded(4_000) }, closed)
export type DraftText = Static<typeof DraftText>

const DraftTest = Type.Object(
  {
    in: Type.Optional(Type.Array(bounded(64), { maxItems: 50 })),
    min: Type.Optional(Type.Number()),
    max: Type.Optional(Type.Number()),
  },
  closed,
)

const DraftOption = Type.Object(
  {
    code: bounded(64),
    label: DraftText,
    key: Type.Optional(bounded(1)),
    prompt: Type.Optional(Name),
    score: Type.Optional(Type.Union([Type.Number(), Type.Null()])),
    exclusive: Type.Optional(Type.Boolean()),
  },
  closed,
)
export type DraftOption = Static<typeof DraftOption>

/** One sound of a question: what it says, and the prompt that says it; null, none does yet. */
const DraftPrompt = Type.Object({ text: bounded(1_000), prompt: Type.Union([Name, Type.Null()]) }, closed)
export type DraftPrompt = Static<typeof DraftPrompt>

const DraftQuestion = Type.Object(
  {
    id: bounded(64),
    kind: Type.Union([
      Type.Literal('single'),
      Type.Literal('multiple'),
      Type.Literal('number'),
      Type.Literal('text'),
      Type.Literal('date'),
      Type.Literal('clip'),
    ]),
    text: DraftText,
    hint: DraftText,
    prompts: Type.Array(DraftPrompt, { maxItems: 20 }),
    required: Type.Boolean(),
    enableWhen: Type.Array(Type.Object({ question: bounded(64), answer: DraftTest }, closed), { maxItems: 20 }),
    findings: Type.Array(
      Type.Object(
        { level: Type.Union([Type.Literal('red'), Type.Literal('yellow')]), answer: DraftTest, text: DraftText },
        closed,
      ),
      { maxItems: 20 },
    ),
    options: Type.Array(DraftOption, { maxItems: 50 }),
    weight: Type.Optional(Type.Number()),
    minPicks: Type.Optional(Type.Integer()),
    maxPicks: Type.Optional(Type.Integer()),
    min: Type.Optional(Type.Number()),
    max: Type.Optional(Type.Number()),
    decimals: Type.Optional(Type.Integer()),
    unit: Type.Optional(DraftText),
    maxLength: Type.Optional(Type.Integer()),
    maxSeconds: Type.Optional(Type.Integer()),
  },
  closed,
)
export type DraftQuestion = Static<typeof DraftQuestion>

export const Draft = Type.Object(
  {
    title: DraftText,
    script: DraftText,
    questions: Type.Array(DraftQuestion, { maxItems: 200 }),
    grades: Type.Array(Type.Object({ from: Type.Number(), label: DraftText }, closed), { maxItems: 20 }),
  },
  closed,
)
export type Draft = Static<typeof Draft>

const noText: DraftText = { zh: '', en: '' }

/** What a new questionnaire begins with. */
export const emptyDraft: Draft = { title: noText, script: noText, questions: [], grades: [] }

/** A version taken up again. @param says what a prompt says, where somebody wrote it down */
export function draftOf(questionnaire: Questionnaire, says: (prompt: string) => string | undefined): Draft {
  const { title, script = noText, questions, grades = [] } = questionnaire
  return structuredClone({
    title,
    script,
    grades,
    questions: questions.map((question) => {
      const { prompts = [], hint = noText, enableWhen = [], findings = [], ...rest } = question
      return {
        options: [],
        ...rest,
        hint,
        enableWhen,
        findings,
        prompts: prompts.map((prompt) => ({ text: says(prompt) ?? '', prompt })),
      }
    }),
  })
}

/** Whether a version was written to be asked by keys. */
export function isAskedByKeys({ questions }: Questionnaire): boolean {
  return questions.some(({ prompts }) => prompts !== undefined)
}

export interface DraftUse {
  /** The questionnaire's code, which is its document's id. */
  readonly id: string
  /** Asked by keys, or by agents alone: then nothing of it is spoken. */
  readonly byKeys: boolean
}

/** The document that a draft becomes; a questionnaire only if nothing is missing. Its version is given when it is published. */
export function documentOf(draft: Draft, { id, byKeys }: DraftUse): unknown {
  const { title, script, questions, grades } = draft
  return {
    id,
    version: 1,
    title: whole(title),
    ...(isBlank(script) ? {} : { script: whole(script) }),
    questions: questions.map((question, index) => questionOf(question, index, byKeys)),
    ...(grades.length === 0 ? {} : { grades: grades.map(({ from, label }) => ({ from, label: whole(label) })) }),
  }
}

/** What stands for a prompt that nobody has spoken yet. */
function unspoken(question: number, place: number): string {
  return `unspoken-${question}-${place}`
}

function questionOf(question: DraftQuestion, index: number, byKeys: boolean): unknown {
  const { id, kind, text, hint, prompts, required, enableWhen, findings } = question
  return {
    id,
    kind,
    text: whole(text),
    ...(isBlank(hint) ? {} : { hint: whole(hint) }),
    ...(byKeys && prompts.length > 0
      ? { prompts: prompts.map(({ prompt }, place) => prompt ?? unspoken(index, place)) }
      : {}),
    required,
    ...(enableWhen.length === 0 ? {} : { enableWhen }),
    ...(findings.length === 0 ? {} : { findings: findings.map((rule) => ({ ...rule, text: whole(rule.text) })) }),
    ...fieldsOf(question, byKeys),
  }
}

function fieldsOf(question: DraftQuestion, byKeys: boolean): object {
  const { weight, minPicks, maxPicks, min, max, decimals, unit, maxLength, maxSeconds } = question
  switch (question.kind) {
    case 'single':
      return { options: optionsOf(question, byKeys), ...given({ weight }) }
    case 'multiple':
      return { options: optionsOf(question, byKeys), ...given({ minPicks, maxPicks }) }
    case 'number':
      return {
        ...given({ min, max, decimals }),
        ...(unit === undefined || isBlank(unit) ? {} : { unit: whole(unit) }),
      }
    case 'text':
      return given({ maxLength })
    case 'clip':
      return given({ maxSeconds })
    case 'date':
      return {}
  }
}

function optionsOf({ kind, options }: DraftQuestion, byKeys: boolean): object[] {
  return options.map(({ code, label, key, prompt, score, exclusive }) => ({
    code,
    label: whole(label),
    ...(byKeys ? given({ key: key === '' ? undefined : key, prompt }) : {}),
    ...(kind === 'single' ? given({ score }) : given({ exclusive })),
  }))
}

/** Without what was not said. */
function given(fields: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

function whole({ zh, en }: DraftText): DraftText {
  return { zh: zh.trim(), en: en.trim() === '' ? zh.trim() : en.trim() }
}

function isBlank({ zh, en }: DraftText): boolean {
  return zh.trim() === '' && en.trim() === ''
}

export interface CheckedDraft {
  /** Null while anything is wrong. */
  readonly questionnaire: Questionnaire | null
  readonly findings: readonly Finding[]
}

/**
 * Everything that keeps a draft from being published, and what its author should think over (warnings). Paths lead into
 * the draft: `/questions/0/prompts/1`.
 * @param prompts the sounds there are, and what they say
 */
export function checkDraft(draft: Draft, use: DraftUse, prompts: PromptBook): CheckedDraft {
  const document = documentOf(draft, use)
  const empty = emptyFindings(draft)
  const told = new Set(empty.map(({ path }) => path))
  const shape = checkQuestionnaire(document).findings.filter(
    ({ path }) => !told.has(path) && !told.has(`${path}/zh`) && !told.has(path.replace(/\/en$/, '/zh')),
  )
  const asked =
    use.byKeys && questionnaireShape.Check(document)
      ? [
          ...askedFindings(document, { prompts: bookOfDraft(draft, prompts), readsBack: false }),
          ...otherWordsFindings(draft),
        ]
      : []
  const findings = [...empty, ...shape, ...asked]
  const sound = !hasFaults(findings) && questionnaireShape.Check(document)
  return { questionnaire: sound ? document : null, findings }
}

/** The prompts of a draft, those among them that nobody has spoken yet. */
export function bookOfDraft(draft: Draft, prompts: PromptBook): PromptBook {
  const slots = new Map(
    draft.questions.flatMap((question, index) =>
      question.prompts.map(({ text, prompt }, place) => [prompt ?? unspoken(index, place), text] as const),
    ),
  )
  return {
    ...prompts,
    text: (id) => prompts.text(id) ?? slots.get(id),
    check(id, path) {
      if (prompts.durationMs(id) !== undefined) return []
      return [fault('QUESTIONNAIRE_PROMPT_SOUNDLESS', path, { text: slots.get(id) ?? id })]
    },
    // Mandarin at the house's own speed; what is not spoken yet still takes its time.
    durationMs: (id) => prompts.durationMs(id) ?? (slots.get(id)?.length ?? 0) * 190,
  }
}

/** The prompts that a draft or a version names, each once. */
export function promptsIn({ questions }: Pick<Draft, 'questions'> | Questionnaire): readonly string[] {
  const named = questions.flatMap(({ prompts = [] }) =>
    prompts.map((each) => (typeof each === 'string' ? each : each.prompt)),
  )
  return [...new Set(named.filter((name) => name !== null))]
}

/** Questions that patients hear in other words than agents read: often the one was changed and the other forgotten. */
function otherWordsFindings({ questions }: Draft): Finding[] {
  const plain = (text: string) => text.normalize('NFKC').replace(/[\s\p{P}]/gu, '')
  return questions.flatMap(({ text, prompts }, index) => {
    const said = plain(prompts.map((prompt) => prompt.text).join(''))
    if (said === '' || said.includes(plain(text.zh))) return []
    return [warning('QUESTIONNAIRE_OTHER_WORDS', pointer('questions', index, 'prompts'), { text: text.zh })]
  })
}

/** Fields that were left empty, in a person's words instead of the schema's. */
function emptyFindings({ title, questions, grades }: Draft): Finding[] {
  const findings: Finding[] = []
  const text = (path: string, { zh }: DraftText) => {
    if (zh.trim() === '') findings.push(fault('QUESTIONNAIRE_TEXT_EMPTY', `${path}/zh`))
  }
  const number = (path: string, value: number | undefined) => {
    if (value === undefined) findings.push(fault('QUESTIONNAIRE_NUMBER_EMPTY', path))
  }
  text('/title', title)
  if (questions.length === 0) findings.push(fault('QUESTIONNAIRE_NO_QUESTIONS', '/questions'))
  for (const [index, question] of questions.entries()) {
    const at = pointer('questions', index)
    text(`${at}/text`, question.text)
    if (question.kind === 'single' || question.kind === 'multiple') {
      if (question.options.length < 2) findings.push(fault('QUESTIONNAIRE_OPTIONS_FEW', `${at}/options`))
      for (const [place, { label }] of question.options.entries())
        text(`${at}${pointer('options', place, 'label')}`, label)
    }
    if (question.kind === 'number') {
      number(`${at}/min`, question.min)
      number(`${at}/max`, question.max)
    }
    if (question.kind === 'text') number(`${at}/maxLength`, question.maxLength)
    for (const [place, rule] of question.findings.entries())
      text(`${at}${pointer('findings', place, 'text')}`, rule.text)
  }
  for (const [place, { label }] of grades.entries()) text(`${pointer('grades', place)}/label`, label)
  return findings
}
