import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Alert, Button } from 'antd'
import { useTranslation } from 'react-i18next'
import type { MadeQuestionnaire, QuestionnaireCard } from '#follow-up/questionnaire/questionnaire-schema.ts'
import { request } from '../api/request.ts'
import { Trouble } from '../app/trouble.tsx'
import { dateTime } from '../text/time.ts'
import type { DraftContent } from './use-shared-draft.ts'

/** The draft was published or discarded while words of this page were not saved: they go on in another one. */
export function GoneDraft({
  card,
  content,
  onBegun,
}: {
  readonly card: QuestionnaireCard
  readonly content: DraftContent
  /** There is a draft again, of the last version. */
  readonly onBegun: () => void
}) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const [last] = card.versions
  const beginning = useMutation({
    mutationFn: async () => {
      if (last === undefined) return madeOf(content)
      await request(`/api/questionnaires/${card.id}/draft`, { method: 'POST' })
      return null
    },
    onSuccess: (made) =>
      made === null
        ? onBegun()
        : navigate({ to: '/questionnaires/$questionnaireId', params: { questionnaireId: made }, ignoreBlocker: true }),
  })
  return (
    <>
      <Alert
        type="warning"
        showIcon
        role="alert"
        data-notice="gone"
        title={t('questionnaires.gone')}
        description={
          last !== undefined &&
          t('questionnaires.goneLast', {
            version: last.version,
            by: last.by ?? t('questionnaires.shipped'),
            at: dateTime(last.at),
          })
        }
        action={
          <Button size="small" type="primary" onClick={() => beginning.mutate()} loading={beginning.isPending}>
            {t('questionnaires.beginAgain')}
          </Button>
        }
      />
      {beginning.isError && <Trouble error={beginning.error} />}
    </>
  )
}

/** The questionnaire itself is gone with its first draft. @returns the id of another one that says this */
async function madeOf(content: DraftContent): Promise<string> {
  const { id } = await request<MadeQuestionnaire>('/api/questionnaires', { method: 'POST', body: {} })
  const { draft } = await request<QuestionnaireCard>(`/api/questionnaires/${id}`)
  await request(`/api/questionnaires/${id}/draft`, { method: 'PUT', body: { revision: draft?.revision, ...content } })
  return id
}
