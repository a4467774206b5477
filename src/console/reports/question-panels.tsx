import { Empty, Tag } from 'antd'
import { useTranslation } from 'react-i18next'
import type { AnswerReport, QuestionPanel as Panel } from '#follow-up/reports/report-schema.ts'
import { colors } from '../app/theme.ts'
import { currentLanguage } from '../text/i18n.ts'
import { count } from '../text/time.ts'
import { Bar } from './bar.tsx'
import { fewBelow, percent } from './shares.ts'

/** What was answered, question by question; versions that ask otherwise stand apart. */
export function QuestionPanels({ report }: { readonly report: AnswerReport }) {
  const { t } = useTranslation()
  const language = currentLanguage()
  if (report.questionnaires.length === 0) {
    return (
      <Empty
        image={Empty.PRESENTED_IMAGE_SIMPLE}
        description={
          <>
            {t('reports.noAnswers')}
            <div className="muted">{t('reports.noAnswersNext')}</div>
          </>
        }
      />
    )
  }
  return report.questionnaires.map(({ id, title, versions, score, questions }) => (
    <section key={id} className="report-questionnaire" aria-label={title[language]}>
      <h3>
        {title[language]}
        {versions.map(({ version, forms, complete }) => (
          <Tag key={version}>
            {t('reports.version', { version })}
            {' · '}
            {t('reports.forms', { forms: count(forms), complete: count(complete) })}
          </Tag>
        ))}
        {score !== null && (
          <span className="number">
            {t('reports.score')} <strong>{score.toFixed(2)}</strong>
          </span>
        )}
      </h3>
      <div className="report-questions">
        {questions.map((panel) => (
          <QuestionPanel key={panel.key} panel={panel} all={versions.map(({ version }) => version)} />
        ))}
      </div>
    </section>
  ))
}

function QuestionPanel({ panel, all }: { readonly panel: Panel; readonly all: readonly number[] }) {
  const { t } = useTranslation()
  const language = currentLanguage()
  const { text, versions, answered, valid, satisfied, score, options, numbers, departments, kind } = panel
  const leftOut = panel.notApplicable + panel.unscored
  const few = valid < fewBelow
  const highest = Math.max(...options.map((option) => option.score ?? 0), 0)
  const colorOf = (worth: number | null) => {
    if (few || satisfied === null) return colors.busy
    if (worth === null) return colors.wait
    return worth > highest / 2 ? colors.good : worth === 0 ? colors.bad : colors.retry
  }
  return (
    <article className="report-question" data-question={panel.questionId}>
      <h4>{text[language]}</h4>
      {versions.length < all.length && (
        <div className="muted">
          {t('reports.onlyVersions', {
            versions: versions.map((version) => t('reports.version', { version })).join(' '),
          })}
        </div>
      )}
      <div className="report-valid number">
        <span>{t('reports.valid', { valid: count(valid) })}</span>
        {leftOut > 0 && <span className="muted">{t('reports.leftOut', { count: leftOut })}</span>}
        {few && <Tag>{t('reports.few')}</Tag>}
      </div>
      {satisfied !== null && (
        <div className="report-satisfied number">
          {t('reports.satisfied')}{' '}
          <strong>{t('reports.satisfiedOf', { percent: percent(satisfied), valid: count(valid) })}</strong>
          {score !== null && (
            <>
              {' · '}
              {t('reports.score')} <strong>{score.toFixed(2)}</strong>
            </>
          )}
        </div>
      )}
      {options.map(({ code, label, score: worth, count: size }) => (
        <Bar key={code} label={label[language]} share={answered === 0 ? 0 : size / answered} color={colorOf(worth)}>
          {count(size)}
          {answered > 0 && <span className="muted"> {percent(size / answered)}</span>}
        </Bar>
      ))}
      {numbers !== null && (
        <div className="number">
          {t('reports.numbers', { mean: numbers.mean.toFixed(1), min: numbers.min, max: numbers.max })}
        </div>
      )}
      {(kind === 'text' || kind === 'clip' || kind === 'date') && (
        <div className="muted">{t('reports.written', { count: count(answered) })}</div>
      )}
      {satisfied !== null && departments.length > 1 && (
        <details>
          <summary>{t('reports.byDepartment')}</summary>
          <table className="report-departments">
            <thead>
              <tr>
                <th scope="col">{t('reports.department')}</th>
                <th scope="col">n</th>
                <th scope="col">{t('reports.satisfied')}</th>
                <th scope="col">{t('reports.score')}</th>
              </tr>
            </thead>
            <tbody>
              {departments.map((one) => (
                <tr key={one.id ?? 'none'}>
                  <th scope="row">{one.name ?? t('reports.noDepartment')}</th>
                  <td className="number">
                    {count(one.valid)} {one.valid < fewBelow && <Tag>{t('reports.few')}</Tag>}
                  </td>
                  <td className="number">{percent(one.satisfied)}</td>
                  <td className="number">{one.score === null ? '–' : one.score.toFixed(2)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </details>
      )}
    </article>
  )
}
