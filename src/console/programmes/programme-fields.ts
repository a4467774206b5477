import type { ProgrammeContent, ProgrammeItem, Published, StepContent } from '#follow-up/programmes/programme-schema.ts'

/** A round as it is typed. */
export interface StepFields extends Omit<StepContent, 'afterDays' | 'fixedOn' | 'dueTime'> {
  readonly timing: 'after' | 'fixed'
  readonly afterDays: number | null
  /** 'YYYY-MM-DD' */
  readonly fixedOn: string | null
  /** Empty: the hour of the discharge. */
  readonly dueTime: string
}

/** The form's own shape: what is not limited is empty. */
export interface ProgrammeFields {
  readonly name: string
  readonly siteId: string
  readonly legalBasis: ProgrammeItem['legalBasis']
  readonly purpose: ProgrammeItem['purpose']
  readonly isDefault: boolean
  readonly kinds: readonly string[]
  readonly departments: readonly string[]
  readonly diagnoses: readonly string[]
  readonly diagnosisWords: readonly string[]
  readonly operations: readonly string[]
  readonly minAge: number | null
  readonly maxAge: number | null
  readonly sexes: readonly string[]
  readonly payers: readonly string[]
  readonly dispositions: readonly string[]
  readonly outDispositions: readonly string[]
  readonly outMinAge: number | null
  readonly steps: readonly StepFields[]
}

export function fieldsOf(
  content: ProgrammeContent,
): Omit<ProgrammeFields, 'name' | 'siteId' | 'legalBasis' | 'purpose' | 'isDefault'> {
  const { match, exclusions, steps } = content
  return {
    kinds: match.kinds,
    departments: match.departments ?? [],
    diagnoses: match.diagnoses ?? [],
    diagnosisWords: match.diagnosisWords ?? [],
    operations: match.operations ?? [],
    minAge: match.minAge ?? null,
    maxAge: match.maxAge ?? null,
    sexes: match.sexes ?? [],
    payers: match.payers ?? [],
    dispositions: match.dispositions ?? [],
    outDispositions: exclusions.dispositions,
    outMinAge: exclusions.minAge ?? null,
    steps: steps.map((step) => ({
      ...step,
      timing: step.afterDays === null ? 'fixed' : 'after',
      dueTime: step.dueTime ?? '',
    })),
  }
}

/** What is sent; a default programme has no condition but the kind of stay. */
export function contentOf(fields: ProgrammeFields): ProgrammeContent {
  const { kinds, isDefault, outDispositions, outMinAge, steps } = fields
  return {
    match: { kinds: [...kinds], ...(isDefault ? {} : conditionsOf(fields)) },
    exclusions: { dispositions: [...outDispositions], ...(outMinAge === null ? {} : { minAge: outMinAge }) },
    steps: steps.map(({ timing, afterDays, fixedOn, dueTime, ...step }) => ({
      ...step,
      afterDays: timing === 'after' ? afterDays : null,
      fixedOn: timing === 'fixed' ? fixedOn : null,
      dueTime: dueTime.trim() === '' ? null : dueTime.trim(),
    })),
  }
}

const lists = ['departments', 'diagnoses', 'diagnosisWords', 'operations', 'sexes', 'payers', 'dispositions'] as const

function conditionsOf(fields: ProgrammeFields): Omit<ProgrammeContent['match'], 'kinds'> {
  const stated = lists.filter((list) => fields[list].length > 0).map((list) => [list, [...fields[list]]] as const)
  return {
    ...Object.fromEntries(stated),
    ...(fields.minAge === null ? {} : { minAge: fields.minAge }),
    ...(fields.maxAge === null ? {} : { maxAge: fields.maxAge }),
  }
}

const ofStep = {
  PROGRAMME_STEPS_SAME_DAY: 'afterDays',
  PROGRAMME_STEP_TIME: 'afterDays',
  PROGRAMME_DATE_FAR: 'fixedOn',
  PROGRAMME_QUESTIONNAIRE_UNKNOWN: 'questionnaireVersionId',
  PROGRAMME_FLOW_UNKNOWN: 'flowVersionId',
} as const satisfies Readonly<Record<string, keyof StepFields>>

const ofForm = {
  PROGRAMME_NAME_TAKEN: 'name',
  PROGRAMME_AGES_CROSSED: 'minAge',
  PROGRAMME_DEFAULT_TAKEN: 'isDefault',
} as const satisfies Readonly<Record<string, keyof ProgrammeFields>>

type FieldPath = keyof ProgrammeFields | ['steps', number, keyof StepFields]

/** The field that the server's refusal is about; null: none. */
export function refusedField(code: string, params: Readonly<Record<string, unknown>>): FieldPath | null {
  const { step, field } = params
  const inStep = Object.entries(ofStep).find(([known]) => known === code)?.[1]
  if (inStep !== undefined) return typeof step === 'number' ? ['steps', step - 1, inStep] : null
  if (code === 'PROGRAMME_CODE_RANGE' || code === 'PROGRAMME_WORD_UNKNOWN') {
    return (['kinds', 'diagnoses', 'operations', 'sexes', 'dispositions'] as const).find((one) => one === field) ?? null
  }
  return Object.entries(ofForm).find(([known]) => known === code)?.[1] ?? null
}

/** A code as it was typed or pasted: full-width, in lower case, with another dash. */
export function tidyCode(typed: string): string {
  return typed
    .normalize('NFKC')
    .trim()
    .toUpperCase()
    .replaceAll(/\s*[-–—~～至]\s*/g, '-')
    .replace(/X(?=\d)/g, 'x')
}

export function isCode(code: string): boolean {
  return /^[A-Z0-9][A-Za-z0-9.]*(-[A-Z0-9][A-Za-z0-9.]*)?$/.test(code)
}

/** A new round: a week after the last one that counts from the discharge, asking what that one asks. */
export function nextStep(steps: readonly StepFields[], published: readonly Published[]): StepFields {
  const last = steps.at(-1)
  const newest = (kind: Published['kind']) => published.find((one) => one.kind === kind && one.latest)?.id ?? null
  const days = steps.flatMap(({ timing, afterDays }) => (timing === 'after' && afterDays !== null ? [afterDays] : []))
  return {
    restDayRule: 'keep',
    expiresAfterDays: 30,
    priority: 5,
    questionnaireVersionId:
      published.find((one) => one.kind === 'questionnaire' && one.latest && one.byKeys)?.id ?? newest('questionnaire'),
    flowVersionId: newest('flow'),
    dueTime: '09:00',
    ...last,
    timing: 'after',
    fixedOn: null,
    afterDays: Math.max(0, ...days) + 7,
  }
}

/** "3 times, 30 days apart": made like the first one. */
export function repeated(first: StepFields, times: number, everyDays: number): readonly StepFields[] {
  return Array.from({ length: times }, (_, index) => ({
    ...first,
    timing: 'after',
    fixedOn: null,
    afterDays: (index + 1) * everyDays,
  }))
}
