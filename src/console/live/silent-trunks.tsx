import { Alert } from 'antd'
import { useTranslation } from 'react-i18next'
import { dateTime } from '../text/time.ts'
import type { LiveView } from './live-view.ts'

/** The alarm where people look: a trunk that answered and has fallen silent. */
export function SilentTrunks({ trunks }: { readonly trunks: LiveView['silentTrunks'] }) {
  const { t } = useTranslation()
  return trunks.map(({ name, since }) => (
    <Alert
      key={name}
      type="error"
      showIcon
      role="alert"
      data-silent={name}
      title={t('setup.silent', { name, at: dateTime(since) })}
      description={t('setup.silentText')}
    />
  ))
}
