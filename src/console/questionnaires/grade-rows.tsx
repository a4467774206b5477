import { Button, InputNumber } from 'antd'
import { useTranslation } from 'react-i18next'
import type { Draft } from '#follow-up/questionnaire/questionnaire-draft.ts'
import { replaced, without } from './draft-steps.ts'
import { TextPair } from './text-pair.tsx'

/** Names of scores, each from its lower end on (requirements H28). */
export function GradeRows({
  grades,
  onChange,
}: {
  readonly grades: Draft['grades']
  readonly onChange: (grades: Draft['grades']) => void
}) {
  const { t } = useTranslation()
  return (
    <fieldset className="draft-group">
      <legend>{t('questionnaires.grades')}</legend>
      {grades.map((grade, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a grade has no name of its own while it is written
        <div key={index} className="draft-row">
          <InputNumber
            value={grade.from}
            min={0}
            max={100}
            aria-label={t('questionnaires.gradeLower')}
            onChange={(from) => onChange(replaced(grades, index, { from: from ?? 0 }))}
          />
          <TextPair
            label={t('questionnaires.gradeName')}
            path={`/grades/${index}`}
            value={grade.label}
            onChange={(label) => onChange(replaced(grades, index, { label }))}
          />
          <Button type="text" onClick={() => onChange(without(grades, index))}>
            {t('questionnaires.remove')}
          </Button>
        </div>
      ))}
      <Button
        size="small"
        onClick={() => onChange([...grades, { from: grades.length === 0 ? 90 : 0, label: { zh: '', en: '' } }])}
      >
        {t('questionnaires.addGrade')}
      </Button>
    </fieldset>
  )
}
