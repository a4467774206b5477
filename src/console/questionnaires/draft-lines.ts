import type { TFunction } from 'i18next'
import type { Line } from '../app/newer-version.tsx'
import type { DraftContent } from './use-shared-draft.ts'

const frame = ['title', 'script', 'grades'] as const
const parts = [
  'text',
  'hint',
  'kind',
  'prompts',
  'required',
  'options',
  'weight',
  'min',
  'max',
  'decimals',
  'unit',
  'minPicks',
  'maxPicks',
  'maxLength',
  'maxSeconds',
  'enableWhen',
  'findings',
] as const
/** Names for machines, which nobody reads. */
const unread: ReadonlySet<string> = new Set(['code', 'prompt', 'question'])

/** What a draft says, a line a field; a question is the same one wherever it stands. */
export function linesOfDraft({ document, byKeys }: DraftContent, t: TFunction): readonly Line[] {
  const told = (value: unknown): string => wordsIn(value, t).join(' · ')
  const label = (field: (typeof frame)[number] | (typeof parts)[number]) => t(`questionnaires.field.${field}`)
  return [
    ...frame.map((field) => ({ key: field, label: label(field), text: told(document[field]) })),
    { key: 'byKeys', label: t('questionnaires.byKeys'), text: told(byKeys) },
    ...document.questions.flatMap((question, index) =>
      parts.map((field) => ({
        key: `${question.id} ${field}`,
        label: `${t('questionnaires.question', { number: index + 1 })} · ${label(field)}`,
        text: field === 'kind' ? t(`questionnaires.kind.${question.kind}`) : told(question[field]),
      })),
    ),
  ].filter(({ text }) => text !== '')
}

function wordsIn(value: unknown, t: TFunction): readonly string[] {
  if (typeof value === 'string') return value.trim() === '' ? [] : [value]
  if (typeof value === 'number') return [String(value)]
  if (typeof value === 'boolean') return [t(value ? 'newer.yes' : 'newer.no')]
  if (Array.isArray(value)) return value.flatMap((item) => wordsIn(item, t))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => (unread.has(key) ? [] : wordsIn(inner, t)))
}
