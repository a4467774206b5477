import { useTranslation } from 'react-i18next'
import type { CallingRule } from './calling-api.ts'
import { changedParts, hoursText } from './rule-words.ts'

/** Each part of the rule that is another: what it was, what it becomes. */
export function RuleChanges({ before, after }: { readonly before: CallingRule; readonly after: CallingRule }) {
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
  return (
    <dl className="calling-changes">
      {changedParts(before, after).map((part) => (
        <div key={part} data-part={part}>
          <dt>{names[part]}</dt>
          <dd>
            <span className="muted">{t('calling.was')}</span> {text(before, part)}{' '}
            <span className="muted">→ {t('calling.becomes')}</span> <b>{text(after, part)}</b>
          </dd>
        </div>
      ))}
    </dl>
  )
}
