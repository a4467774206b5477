import { useMutation } from '@tanstack/react-query'
import { Select } from 'antd'
import { useTranslation } from 'react-i18next'
import { Trouble } from '../app/trouble.tsx'
import { word } from '../text/word.ts'
import { correctableResults, writeResult } from './seat-api.ts'

const asReported = 'as_reported'

/** What the telephone really did, where the system took it for something else; the retry plan goes by it. */
export function ResultCorrection({ taskId }: { readonly taskId: string }) {
  const { t } = useTranslation()
  const { mutate, isSuccess, isPending, error } = useMutation({
    mutationFn: (result: string) => writeResult(taskId, result === asReported ? null : result),
    scope: { id: `result ${taskId}` },
  })
  return (
    <details className="correction">
      <summary>{t('seat.outcome.result')}</summary>
      <p className="muted">{t('seat.outcome.resultHint')}</p>
      <Select
        aria-label={t('seat.outcome.result')}
        defaultValue={asReported}
        loading={isPending}
        virtual={false}
        onChange={(result: string) => mutate(result)}
        options={[
          { value: asReported, label: t('seat.outcome.resultKept') },
          ...correctableResults.map((result) => ({ value: result, label: word('result', result) })),
        ]}
      />
      <span role="status">{isSuccess && t('seat.outcome.resultSaved')}</span>
      {error !== null && <Trouble error={error} />}
    </details>
  )
}
