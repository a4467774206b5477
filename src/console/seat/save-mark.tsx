import { CheckOutlined, LoadingOutlined, WarningOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { RefusedError } from '../api/request.ts'
import type { SaveState } from './auto-saver.ts'

/** Whether what was given has arrived, and why not. */
export function SaveMark({ save, onRetry }: { readonly save: SaveState | undefined; readonly onRetry: () => void }) {
  const { t } = useTranslation()
  if (save === undefined) return null
  const told = 'error' in save && save.error instanceof RefusedError ? save.error : null
  return (
    <span className="save-mark" data-save={save.type} role="status">
      {save.type === 'saved' && <CheckOutlined aria-hidden />}
      {save.type === 'saving' && <LoadingOutlined aria-hidden />}
      {(save.type === 'retrying' || save.type === 'failed') && <WarningOutlined aria-hidden />}
      {t(`seat.save.${save.type}`)}
      {save.type === 'failed' && told !== null && (
        <span className="save-why">
          {told.message} {told.next} ({told.code})
        </span>
      )}
      {(save.type === 'retrying' || save.type === 'failed') && (
        <Button size="small" onClick={onRetry}>
          {t('seat.save.retry')}
        </Button>
      )}
    </span>
  )
}
