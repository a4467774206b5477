import type { TFunction } from 'i18next'
import type { ProgrammeContent, Published, StepContent } from '#follow-up/programmes/programme-schema.ts'
import type { Line } from '../app/newer-version.tsx'
import { currentLanguage } from '../text/i18n.ts'
import { word } from '../text/word.ts'

export interface Saying {
  readonly t: TFunction
  readonly published: readonly Published[]
}

const between = () => (currentLanguage() === 'zh' ? '、' : ', ')

/** Whom it takes: the conditions that are stated, the kind of stay first. */
export function matchLines({ match }: ProgrammeContent, { t }: Saying): readonly Line[] {
  const line = (key: string, label: string, values: readonly string[] | undefined): Line[] =>
    values === undefined || values.length === 0 ? [] : [{ key, label, text: values.join(between()) }]
  return [
    ...line(
      'kinds',
      t('programmes.kinds'),
      match.kinds.map((kind) => word('encounterKind', kind)),
    ),
    ...line('departments', t('programmes.departments'), match.departments),
    ...line('diagnoses', t('programmes.diagnoses'), match.diagnoses),
    ...line('diagnosisWords', t('programmes.diagnosisWords'), match.diagnosisWords),
    ...line('operations', t('programmes.operations'), match.operations),
    ...line('ages', t('programmes.ages'), agesText(match, t)),
    ...line(
      'sexes',
      t('programmes.sexes'),
      match.sexes?.map((sex) => word('sex', sex)),
    ),
    ...line('payers', t('programmes.payers'), match.payers),
    ...line(
      'dispositions',
      t('programmes.dispositions'),
      match.dispositions?.map((code) => word('disposition', code)),
    ),
  ]
}

/** Whom it leaves out besides the dead and who refused. */
export function exclusionLines({ exclusions }: ProgrammeContent, { t }: Saying): readonly Line[] {
  const { dispositions, minAge } = exclusions
  const words = dispositions.map((code) => word('disposition', code)).join(between())
  return [
    ...(words === '' ? [] : [{ key: 'outDispositions', label: t('programmes.outDispositions'), text: words }]),
    ...(minAge === undefined
      ? []
      : [{ key: 'outMinAge', label: t('programmes.outMinAge'), text: t('programmes.age', { age: minAge }) }]),
  ]
}

/** When, and what is asked: a line a round. */
export function stepLines({ steps }: ProgrammeContent, saying: Saying): readonly Line[] {
  const { t } = saying
  return steps.map((step, index) => ({
    key: `step ${index + 1}`,
    label: t('programmes.step', { step: index + 1 }),
    text: [
      whenText(step, t),
      ...(step.restDayRule === 'keep'
        ? []
        : [`${t('programmes.restDay')} ${t(`programmes.rest.${step.restDayRule}`)}`]),
      t('programmes.expiresDays', { days: step.expiresAfterDays }),
      t('programmes.priorityOf', { priority: step.priority }),
      `${t('programmes.questionnaire')} ${publishedText(step.questionnaireVersionId, saying)}`,
      `${t('programmes.flow')} ${publishedText(step.flowVersionId, saying)}`,
    ].join(currentLanguage() === 'zh' ? '；' : '; '),
  }))
}

export function linesOf(content: ProgrammeContent, saying: Saying): readonly Line[] {
  return [...matchLines(content, saying), ...exclusionLines(content, saying), ...stepLines(content, saying)]
}

export interface Difference {
  readonly key: string
  readonly label: string
  readonly before: string | null
  readonly after: string | null
}

/** What one version says otherwise than the one before it. */
export function differences(before: readonly Line[], after: readonly Line[]): readonly Difference[] {
  const keys = new Map([...before, ...after].map(({ key, label }) => [key, label]))
  const text = (lines: readonly Line[], key: string) => lines.find((line) => line.key === key)?.text ?? null
  return [...keys]
    .map(([key, label]) => ({ key, label, before: text(before, key), after: text(after, key) }))
    .filter((one) => one.before !== one.after)
}

/** Such as D+7, D+30, 2026-12-10. */
export function whenShort({ steps }: ProgrammeContent): string {
  return steps
    .map(({ afterDays, fixedOn }) => (afterDays === null ? (fixedOn ?? '') : `D+${afterDays}`))
    .join(between())
}

export function publishedName({ name, version }: Published, t: TFunction): string {
  return t('programmes.publishedOf', { name: name[currentLanguage()], version })
}

function publishedText(id: string | null, { published, t }: Saying): string {
  const found = published.find((one) => one.id === id)
  return found === undefined ? t('programmes.nothing') : publishedName(found, t)
}

function whenText({ afterDays, fixedOn, dueTime }: StepContent, t: TFunction): string {
  const day = afterDays === null ? (fixedOn ?? '') : t('programmes.afterDays', { days: afterDays })
  return dueTime === null ? day : `${day} ${t('programmes.fromTime', { time: dueTime })}`
}

function agesText({ minAge, maxAge }: ProgrammeContent['match'], t: TFunction): string[] | undefined {
  if (minAge !== undefined && maxAge !== undefined) return [t('programmes.between', { from: minAge, to: maxAge })]
  if (minAge !== undefined) return [t('programmes.from', { age: minAge })]
  return maxAge === undefined ? undefined : [t('programmes.to', { age: maxAge })]
}
