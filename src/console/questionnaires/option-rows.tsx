import { Button, Checkbox, Input, InputNumber, Select } from 'antd'
import { useTranslation } from 'react-i18next'
import { newOption, replaced, type Scale, scaleOptions, without } from './draft-steps.ts'
import { FieldFindings } from './field-findings.tsx'
import type { QuestionPart } from './question-editor.tsx'

/** A key is 1 to 8: *, 0 and 9 have a meaning of their own. */
const keys = ['1', '2', '3', '4', '5', '6', '7', '8']
const scales: readonly Scale[] = ['satisfaction', 'yesNo']

/** The answers that there are, each with its key and what it is worth. */
export function OptionRows({ question, path, onChange, byKeys }: QuestionPart & { readonly byKeys: boolean }) {
  const { t } = useTranslation()
  const { options, kind } = question
  const put = (next: typeof options) => onChange({ options: next })
  return (
    <fieldset className="draft-group">
      <legend>{t('questionnaires.field.options')}</legend>
      {options.map((option, index) => (
        <div key={option.code} data-option={option.code}>
          <div className="draft-row option-row">
            {byKeys && (
              <Select
                value={option.key ?? ''}
                aria-label={t('questionnaires.key')}
                onChange={(key) => put(replaced(options, index, { key }))}
                options={['', ...keys].map((key) => ({ value: key, label: key || '–' }))}
              />
            )}
            <Input
              value={option.label.zh}
              maxLength={200}
              aria-label={t('questionnaires.optionText', { number: index + 1 })}
              onChange={({ target }) => put(replaced(options, index, { label: { ...option.label, zh: target.value } }))}
            />
            <Input
              value={option.label.en}
              maxLength={200}
              placeholder={t('questionnaires.english')}
              aria-label={`${t('questionnaires.optionText', { number: index + 1 })} ${t('questionnaires.english')}`}
              onChange={({ target }) => put(replaced(options, index, { label: { ...option.label, en: target.value } }))}
            />
            {kind === 'single' ? (
              <InputNumber
                value={option.score ?? null}
                min={0}
                placeholder={t('questionnaires.scoreNone')}
                aria-label={t('questionnaires.field.score')}
                onChange={(score) => put(replaced(options, index, { score }))}
              />
            ) : (
              <Checkbox
                checked={option.exclusive === true}
                onChange={({ target }) => put(replaced(options, index, { exclusive: target.checked }))}
              >
                {t('questionnaires.exclusive')}
              </Checkbox>
            )}
            <Button type="text" onClick={() => put(without(options, index))}>
              {t('questionnaires.remove')}
            </Button>
          </div>
          <FieldFindings path={`${path}/options/${index}`} />
        </div>
      ))}
      <FieldFindings path={`${path}/options`} but={options.map((_option, index) => `${path}/options/${index}`)} />
      <div className="draft-row">
        <Button size="small" onClick={() => put([...options, newOption(options)])}>
          {t('questionnaires.addOption')}
        </Button>
        {scales.map((scale) => (
          <Button key={scale} size="small" type="text" onClick={() => put(scaleOptions(scale))}>
            {t(`questionnaires.scale.${scale}`)}
          </Button>
        ))}
      </div>
    </fieldset>
  )
}
