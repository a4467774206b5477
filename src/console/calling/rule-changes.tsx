import { useTranslation } from 'react-i18next'
import type { Line } from '../app/newer-version.tsx'
import type { CallingRule } from './calling-api.ts'
import { changedParts, hoursText, ruleParts } from './rule-words.ts'

/** What the rule says, a line a part. */
export function useRuleLines(): (rule: CallingRule) => readonly (Line & { readonly key: keyof CallingRule })[] {
  const { t } = useTranslation()
  const names = {
    periods: t('calling.periods'),
    holidays: t('calling.holidays'),
    weekends: t('calling.weekends'),
    capPerDay: `${t('calling.caps')} · ${t('calling.capDay')}`,
    capPerWeek: `${t('calling.caps')} · ${t('calling.capWeek')}`,
    alsoDialled: t('calling.bars'),
  }
  const day = (kind: 'open' | 'closed') => t(kind === 'open' ? 'calling.dayOpen' : 'calling.dayClosed')
  const text = (rule: CallingRule, part: keyof CallingRule): string => {
    switch (part) {
      case 'periods':
        return hoursText(rule.periods) || t('calling.none')
      case 'holidays':
      case 'weekends':
        return day(rule[part])
      case 'alsoDialled':
        return (rule.alsoDialled ?? []).map((bar) => t(`calling.bar.${bar}`)).join('、') || t('calling.none')
      default:
        return String(rule[part])
    }
  }
  return (rule) => ruleParts.map((part) => ({ key: part, label: names[part], text: text(rule, part) }))
}

/** Each part of the rule that is another: what it was, what it becomes. */
export function RuleChanges({ before, after }: { readonly before: CallingRule; readonly after: CallingRule }) {
  const { t } = useTranslation()
  const linesOf = useRuleLines()
  const changed = changedParts(before, after)
  const now = linesOf(after)
  return (
    <dl className="calling-changes">
      {linesOf(before)
        .filter(({ key }) => changed.includes(key))
        .map(({ key, label, text }) => (
          <div key={key} data-part={key}>
            <dt>{label}</dt>
            <dd>
              <span className="muted">{t('calling.was')}</span> {text}{' '}
              <span className="muted">→ {t('calling.becomes')}</span>{' '}
              <b>{now.find((line) => line.key === key)?.text}</b>
            </dd>
          </div>
        ))}
    </dl>
  )
}
