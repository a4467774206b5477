import { queryOptions } from '@tanstack/react-query'
import type { StorageBoard } from '#contact-center/retention/storage-schema.ts'
import { request } from '../api/request.ts'
import { currentLanguage } from '../text/i18n.ts'

export const storageQuery = queryOptions({
  queryKey: ['storage'],
  queryFn: ({ signal }) => request<StorageBoard>('/api/storage', { signal }),
  // Disks are looked at twice a minute.
  refetchInterval: 30_000,
})

/** Such as 12.3 GB: as disks are sold, 10⁹ bytes each. */
export function size(bytes: number): string {
  const unit = bytes >= 1e9 ? 'gigabyte' : 'megabyte'
  return new Intl.NumberFormat(currentLanguage(), {
    style: 'unit',
    unit,
    unitDisplay: 'short',
    maximumFractionDigits: bytes >= 1e11 ? 0 : 1,
  }).format(bytes / (unit === 'gigabyte' ? 1e9 : 1e6))
}
