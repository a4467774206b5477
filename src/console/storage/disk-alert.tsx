import { Link } from '@tanstack/react-router'
import { Alert } from 'antd'
import { useTranslation } from 'react-i18next'
import type { LiveDisk } from '#follow-up/live/live-schema.ts'
import { useRight } from '../api/session.ts'
import { size } from './storage-api.ts'

/** Says on the live page that a disk fills up: the worst one, with what that does. */
export function DiskAlert({ disks }: { readonly disks: readonly LiveDisk[] }) {
  const { t } = useTranslation()
  const may = useRight('storage.manage')
  const worst = disks.find(({ state }) => state === 'full') ?? disks[0]
  if (worst === undefined) return null
  const { state, freeBytes, daysLeft } = worst
  return (
    <Alert
      type={state === 'full' ? 'error' : 'warning'}
      showIcon
      role="status"
      data-disk={state}
      title={t(`storage.${state}`, { free: size(freeBytes) })}
      description={
        <>
          {t(`storage.${state}Text`)} {daysLeft !== null && t('storage.daysLeft', { days: daysLeft })}{' '}
          {may && <Link to="/storage">{t('storage.open')}</Link>}
        </>
      }
    />
  )
}
