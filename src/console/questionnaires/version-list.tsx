import { useTranslation } from 'react-i18next'
import type { PublishedVersion, QuestionnaireCard } from '#follow-up/questionnaire/questionnaire-schema.ts'
import { dateTime } from '../text/time.ts'
import { Uses } from './questionnaires-page.tsx'

/** Draft and versions, newest first: why each was published, what it changed, who asks it. */
export function VersionList({
  card: { draft, versions },
  shown,
  onShow,
}: {
  readonly card: QuestionnaireCard
  /** Null: the draft. */
  readonly shown: number | null
  readonly onShow: (version: number | null) => void
}) {
  const { t } = useTranslation()
  return (
    <section className="panel questionnaire-versions" aria-labelledby="versions">
      <h2 id="versions">{t('questionnaires.versions')}</h2>
      <ol>
        {draft !== null && (
          <li className="version" data-shown={shown === null}>
            <button type="button" onClick={() => onShow(null)} aria-pressed={shown === null}>
              {t('questionnaires.draft')}
            </button>
            <p className="muted">
              {draft.changedBy ?? '–'} · <span className="number">{dateTime(draft.changedAt)}</span>
            </p>
          </li>
        )}
        {versions.map((version) => (
          <li
            key={version.id}
            className="version"
            data-shown={shown === version.version}
            data-version={version.version}
          >
            <button
              type="button"
              onClick={() => onShow(version.version)}
              aria-pressed={shown === version.version}
              className="number"
            >
              {t('questionnaires.versionNumber', { version: version.version })}
            </button>
            <p className="muted number">
              {dateTime(version.at)} · {version.by ?? t('questionnaires.shipped')}
            </p>
            {version.reason !== null && <p>{t('questionnaires.reasonWas', { reason: version.reason })}</p>}
            {version.difference !== null && <Difference difference={version.difference} />}
            {version.uses.length > 0 && (
              <p>
                {t('questionnaires.uses')} <Uses uses={version.uses} latest={version.version} />
              </p>
            )}
          </li>
        ))}
      </ol>
      {versions.length > 0 && <p className="muted questionnaire-note">{t('questionnaires.usesHint')}</p>}
    </section>
  )
}

function Difference({ difference }: { readonly difference: NonNullable<PublishedVersion['difference']> }) {
  const { t } = useTranslation()
  const field = (name: string) => t(`questionnaires.field.${name}`, { defaultValue: name })
  return (
    <ul className="questionnaire-difference">
      {difference.fields.length > 0 && (
        <li>{t('questionnaires.changedFrame', { fields: difference.fields.map(field).join('、') })}</li>
      )}
      {difference.questions.map(({ question, kind, fields }) => (
        <li key={`${kind}${question}`} data-difference={kind}>
          {t(`questionnaires.difference.${kind}`)} <code>{question}</code>
          {fields.length > 0 && <span className="muted"> {fields.map(field).join('、')}</span>}
        </li>
      ))}
    </ul>
  )
}
