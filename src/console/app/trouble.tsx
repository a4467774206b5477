import { Alert, Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { RefusedError } from '../api/request.ts'

/** An error as a person can use it: what happened, what to do, and the number to report. */
export function Trouble({ error, onRetry }: { readonly error: unknown; readonly onRetry?: () => void }) {
  const { t } = useTranslation()
  const told = error instanceof RefusedError ? error : null
  return (
    <Alert
      type="error"
      showIcon
      role="alert"
      title={told?.message ?? t('error.unknown')}
      description={
        <>
          {told?.next ?? t('error.unknownNext')}
          {told?.status === 500 && (
            <div className="muted">
              {t('error.requestId')} {told.requestId}
            </div>
          )}
        </>
      }
      action={
        onRetry && (
          <Button size="small" onClick={onRetry}>
            {t('error.retry')}
          </Button>
        )
      }
    />
  )
}
