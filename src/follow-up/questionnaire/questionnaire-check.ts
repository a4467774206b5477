import { type Finding, fault, findingLine, pointer, under } from '#contact-center/ivr/flow-finding.ts'
import { shapeFindings } from '#contact-center/ivr/node-kind.ts'
import { UserError } from '#platform/errors/errors.ts'
import {
  type AnswerTest,
  notApplicable,
  type Question,
  type Questionnaire,
  questionnaireShape,
  questionShapes,
} from './questionnaire.ts'
import { highestScore } from './score.ts'
import './questionnaire-errors.ts'

export interface CheckedQuestionnaire {
  /** Null when the document is no questionnaire. */
  readonly questionnaire: Questionnaire | null
  readonly findings: readonly Finding[]
}

/** Reads a questionnaire's document and says everything that is wrong with it, whoever will ask it. */
export function checkQuestionnaire(document: unknown): CheckedQuestionnaire {
  if (!questionnaireShape.Check(document)) return { questionnaire: null, findings: misshapen(document) }
  const findings = document.questions.flatMap((question, index) =>
    questionFindings(question, document.questions.slice(0, index)).map((finding) =>
      under(pointer('questions', index), finding),
    ),
  )
  return { questionnaire: findings.length === 0 ? document : null, findings }
}

/** @throws UserError QUESTIONNAIRE_INVALID with the first of the errors */
export function parseQuestionnaire(document: unknown): Questionnaire {
  const { questionnaire, findings } = checkQuestionnaire(document)
  if (questionnaire !== null) return questionnaire
  throw new UserError('QUESTIONNAIRE_INVALID', {
    questionnaire: typeof document === 'object' && document !== null && 'id' in document ? String(document.id) : '?',
    count: findings.length,
    first: findings[0] === undefined ? '' : findingLine(findings[0], 'en'),
  })
}

/** A union's errors name every kind's; told instead of the kind that each question says it is. */
function misshapen(document: unknown): readonly Finding[] {
  const findings: Finding[] = []
  const questions =
    typeof document === 'object' && document !== null && 'questions' in document ? document.questions : undefined
  for (const [index, question] of (Array.isArray(questions) ? questions : []).entries()) {
    const path = pointer('questions', index)
    const kind: unknown = question?.kind
    const shape = Object.entries(questionShapes).find(([name]) => name === kind)?.[1]
    if (shape === undefined) {
      const reason = `kind must be one of ${Object.keys(questionShapes).join(', ')}`
      findings.push(fault('QUESTIONNAIRE_SHAPE', `${path}/kind`, { reason }))
    } else if (!shape.Check(question)) {
      findings.push(...shapeFindings(shape.Errors(question)).map((finding) => under(path, finding)))
    }
  }
  const rest = questionnaireShape.Errors(document).filter(({ instancePath }) => !instancePath.startsWith('/questions/'))
  return [...findings, ...(rest.length > 0 ? shapeFindings(rest) : [])]
}

function questionFindings(question: Question, earlier: readonly Question[]): Finding[] {
  const findings: Finding[] = []
  if (earlier.some(({ id }) => id === question.id)) {
    findings.push(fault('QUESTIONNAIRE_ID_TWICE', '/id', { question: question.id }))
  }
  if (isTaken(question.id)) findings.push(fault('QUESTIONNAIRE_NAME_RESERVED', '/id', { name: question.id }))
  question.enableWhen?.forEach(({ question: name, answer }, index) => {
    const path = pointer('enableWhen', index)
    const asked = earlier.find(({ id }) => id === name)
    if (asked === undefined) {
      findings.push(fault('QUESTIONNAIRE_CONDITION_FORWARD', `${path}/question`, { question: name }))
    } else {
      findings.push(...testFindings(asked, answer).map((finding) => under(`${path}/answer`, finding)))
    }
  })
  question.findings?.forEach(({ answer }, index) => {
    const path = pointer('findings', index, 'answer')
    findings.push(...testFindings(question, answer).map((finding) => under(path, finding)))
  })
  if (question.kind === 'single' || question.kind === 'multiple') findings.push(...optionFindings(question))
  if (question.kind === 'number' && question.min > question.max) {
    findings.push(fault('QUESTIONNAIRE_RANGE_EMPTY', '/min', { min: question.min, max: question.max }))
  }
  return findings
}

/** Every object of the language has something of this name: what is kept under it cannot be told from that. */
function isTaken(name: string): boolean {
  return name in Object.prototype
}

function optionFindings(question: Extract<Question, { kind: 'single' | 'multiple' }>): Finding[] {
  const { options } = question
  const findings: Finding[] = []
  const codes = options.map(({ code }) => code)
  for (const [index, code] of codes.entries()) {
    const path = pointer('options', index, 'code')
    if (codes.indexOf(code) !== index) findings.push(fault('QUESTIONNAIRE_CODE_TWICE', path, { code }))
    if (isTaken(code)) findings.push(fault('QUESTIONNAIRE_NAME_RESERVED', path, { name: code }))
    if (code === notApplicable) findings.push(fault('QUESTIONNAIRE_CODE_RESERVED', path, { code }))
  }
  const scored = options.some(({ score }) => score !== undefined && score !== null)
  if (question.kind === 'single' && scored && highestScore(options) === 0) {
    findings.push(fault('QUESTIONNAIRE_SCORE_ZERO', '/options'))
  }
  if (question.kind === 'multiple') {
    const { minPicks: min = 1, maxPicks: max = options.length } = question
    if (min > max || min > options.length) findings.push(fault('QUESTIONNAIRE_RANGE_EMPTY', '/minPicks', { min, max }))
  }
  return findings
}

function testFindings(asked: Question, test: AnswerTest): Finding[] {
  const empty = (reason: string) => [fault('QUESTIONNAIRE_TEST_EMPTY', '', { question: asked.id, reason })]
  if (asked.kind === 'number') {
    if (test.in !== undefined) return empty('a number has no codes')
    if (test.min === undefined && test.max === undefined) return empty('min and max are missing')
    const { min = asked.min, max = asked.max } = test
    return min <= max ? [] : [fault('QUESTIONNAIRE_RANGE_EMPTY', '/min', { min, max })]
  }
  if (asked.kind !== 'single' && asked.kind !== 'multiple') return empty(`a rule cannot read the kind ${asked.kind}`)
  if (test.min !== undefined || test.max !== undefined) return empty('a choice is no number')
  if (test.in === undefined) return empty('the codes are missing')
  return test.in.flatMap((code, index) =>
    asked.options.some((option) => option.code === code)
      ? []
      : [fault('QUESTIONNAIRE_CODE_UNKNOWN', pointer('in', index), { question: asked.id, code })],
  )
}
