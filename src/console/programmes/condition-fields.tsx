import { Checkbox, Form, InputNumber, Select } from 'antd'
import { useTranslation } from 'react-i18next'
import type { ProgrammeChoices } from '#follow-up/programmes/programme-schema.ts'
import { word } from '../text/word.ts'
import { isCode, tidyCode } from './programme-fields.ts'

const kinds = ['inpatient', 'outpatient', 'checkup', 'emergency']
const sexes = ['1', '2']
/** Without 5: who died is followed up by nobody. */
const dispositions = ['1', '2', '3', '4', '9']

/** Whom the programme takes, and whom not although they fit. */
export function ConditionFields({
  departments,
  payers,
  isDefault,
}: {
  readonly departments: readonly string[]
  readonly payers: ProgrammeChoices['payers']
  readonly isDefault: boolean
}) {
  const { t } = useTranslation()
  return (
    <>
      <section className="panel programme-part" aria-labelledby="programme-match">
        <h2 id="programme-match">{t('programmes.match')}</h2>
        <p className="muted">{t(isDefault ? 'programmes.defaultText' : 'programmes.matchText')}</p>
        <Form.Item
          name="kinds"
          label={t('programmes.kinds')}
          rules={[{ required: true, message: t('programmes.kindsPlease') }]}
        >
          <Checkbox.Group options={kinds.map((value) => ({ value, label: word('encounterKind', value) }))} />
        </Form.Item>
        {!isDefault && (
          <>
            <Form.Item name="departments" label={t('programmes.departments')}>
              <Select
                mode="multiple"
                allowClear
                placeholder={t('programmes.any')}
                options={departments.map((value) => ({ value, label: value }))}
              />
            </Form.Item>
            <div className="programme-pair">
              <Codes name="diagnoses" />
              <WordTags name="diagnosisWords" />
              <Codes name="operations" />
              <Form.Item name="payers" label={t('programmes.payers')}>
                <Select
                  mode="multiple"
                  allowClear
                  placeholder={t('programmes.any')}
                  options={payers.map((value) => ({ value, label: value }))}
                />
              </Form.Item>
              <div className="programme-pair">
                <Age name="minAge" />
                <Age name="maxAge" />
              </div>
              <Form.Item name="sexes" label={t('programmes.sexes')}>
                <Checkbox.Group options={sexes.map((value) => ({ value, label: word('sex', value) }))} />
              </Form.Item>
            </div>
            <Form.Item name="dispositions" label={t('programmes.dispositions')}>
              <Dispositions />
            </Form.Item>
          </>
        )}
      </section>
      <section className="panel programme-part" aria-labelledby="programme-out">
        <h2 id="programme-out">{t('programmes.out')}</h2>
        <p className="muted">{t('programmes.outText')}</p>
        <div className="programme-pair">
          <Form.Item name="outDispositions" label={t('programmes.outDispositions')}>
            <Dispositions />
          </Form.Item>
          <Age name="outMinAge" />
        </div>
      </section>
    </>
  )
}

function Dispositions(props: {
  readonly value?: string[]
  readonly onChange?: (value: string[]) => void
  readonly id?: string
}) {
  return (
    <Checkbox.Group {...props} options={dispositions.map((value) => ({ value, label: word('disposition', value) }))} />
  )
}

/** Codes and ranges, typed or pasted, several at once. */
function Codes({ name }: { readonly name: 'diagnoses' | 'operations' }) {
  const { t } = useTranslation()
  return (
    <Form.Item
      name={name}
      label={t(`programmes.${name}`)}
      extra={name === 'diagnoses' ? t('programmes.codesHint') : undefined}
      normalize={(typed: readonly string[]) => [...new Set(typed.map(tidyCode).filter((code) => code !== ''))]}
      rules={[
        {
          validator: async (_rule, codes: readonly string[]) => {
            const wrong = codes.find((code) => !isCode(code))
            if (wrong !== undefined) throw new Error(t('programmes.codeWrong', { code: wrong }))
          },
        },
      ]}
    >
      <Select
        mode="tags"
        allowClear
        open={false}
        suffixIcon={null}
        tokenSeparators={[',', '，', '、', ';', '；', ' ']}
        placeholder={t('programmes.any')}
      />
    </Form.Item>
  )
}

function WordTags({ name }: { readonly name: 'diagnosisWords' }) {
  const { t } = useTranslation()
  return (
    <Form.Item
      name={name}
      label={t(`programmes.${name}`)}
      extra={t('programmes.wordsHint')}
      normalize={(typed: readonly string[]) => [...new Set(typed.map((one) => one.trim()).filter((one) => one !== ''))]}
    >
      <Select
        mode="tags"
        allowClear
        open={false}
        suffixIcon={null}
        tokenSeparators={[',', '，', '、', ';', '；']}
        placeholder={t('programmes.any')}
      />
    </Form.Item>
  )
}

function Age({ name }: { readonly name: 'minAge' | 'maxAge' | 'outMinAge' }) {
  const { t } = useTranslation()
  return (
    <Form.Item name={name} label={t(`programmes.${name}`)}>
      <InputNumber min={0} max={150} precision={0} suffix={t('programmes.years')} style={{ width: 120 }} />
    </Form.Item>
  )
}
