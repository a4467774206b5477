import { queryOptions, useQuery } from '@tanstack/react-query'
import type { StorageBoard } from '#contact-center/retention/storage-schema.ts'
import { request } from '../api/request.ts'
import { useBoardNews } from '../realtime/live-events.ts'
import { currentLanguage } from '../text/i18n.ts'

const storageQuery = queryOptions({
  queryKey: ['storage'],
  queryFn: ({ signal }) => request<StorageBoard>('/api/storage', { signal }),
  // Free room is told only when a disk becomes full or has room again, and a run of the night by nothing.
  refetchInterval: 300_000,
})

const atOnce = new Set(['disk.changed'])
const inTime = new Set(['recording.changed'])

export function useStorage() {
  const board = useQuery(storageQuery)
  useBoardNews({ offset: board.data?.offset, atOnce, inTime, everyMs: 30_000, refetch: () => board.refetch() })
  return board
}

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
