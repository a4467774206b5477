import { Input } from 'antd'
import { useId } from 'react'
import { useTranslation } from 'react-i18next'
import type { DraftText } from '#follow-up/questionnaire/questionnaire-draft.ts'
import { FieldFindings } from './field-findings.tsx'

/** Words in Chinese, and in English where somebody reads it so. */
export function TextPair({
  label,
  path,
  value,
  rows = 1,
  onChange,
}: {
  readonly label: string
  /** In the draft, for what is to be said of it. */
  readonly path: string
  readonly value: DraftText
  readonly rows?: number
  readonly onChange: (value: DraftText) => void
}) {
  const { t } = useTranslation()
  const id = useId()
  const autoSize = { minRows: rows, maxRows: 12 }
  return (
    <div className="text-pair">
      <label htmlFor={id}>{label}</label>
      <Input.TextArea
        id={id}
        value={value.zh}
        autoSize={autoSize}
        maxLength={4_000}
        onChange={({ target }) => onChange({ ...value, zh: target.value })}
      />
      <Input.TextArea
        value={value.en}
        autoSize={autoSize}
        maxLength={4_000}
        aria-label={`${label} ${t('questionnaires.english')}`}
        placeholder={t('questionnaires.english')}
        onChange={({ target }) => onChange({ ...value, en: target.value })}
      />
      <FieldFindings path={path} />
    </div>
  )
}
