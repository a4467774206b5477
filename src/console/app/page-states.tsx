import { Link } from '@tanstack/react-router'
import { Result, Spin } from 'antd'
import { useTranslation } from 'react-i18next'
import { Trouble } from './trouble.tsx'

export function Waiting() {
  const { t } = useTranslation()
  return (
    <div className="middle">
      <Spin description={t('common.loading')} />
    </div>
  )
}

export function NotFound() {
  const { t } = useTranslation()
  return (
    <Result
      status="info"
      title={t('common.notFound')}
      subTitle={t('common.notFoundNext')}
      extra={<Link to="/">{t('common.home')}</Link>}
    />
  )
}

export function NoRight() {
  const { t } = useTranslation()
  return <Result status="warning" title={t('common.noRight')} subTitle={t('common.noRightNext')} />
}

export function PageTrouble({ error, onRetry }: { readonly error: unknown; readonly onRetry: () => void }) {
  return (
    <div style={{ padding: 20 }}>
      <Trouble error={error} onRetry={onRetry} />
    </div>
  )
}
