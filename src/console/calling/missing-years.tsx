import { Link } from '@tanstack/react-router'
import { Alert } from 'antd'
import { useTranslation } from 'react-i18next'
import { useRight } from '../api/session.ts'

/** Says where people look that a year's holidays are to be imported; nothing where they are all known. */
export function MissingYears({ years, link }: { readonly years: readonly number[]; readonly link?: true }) {
  const { t } = useTranslation()
  const may = useRight('campaign.control')
  if (years.length === 0) return null
  return (
    <Alert
      type="warning"
      showIcon
      role="status"
      data-missing={years.join(' ')}
      title={t('calling.missing', { year: years.join('、') })}
      description={
        <>
          {t('calling.missingText')}{' '}
          {link && (may ? <Link to="/calling">{t('calling.missingOpen')}</Link> : t('calling.missingAsk'))}
        </>
      }
    />
  )
}
