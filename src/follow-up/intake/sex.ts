import { halfWidth } from './cell.ts'

/** GB/T 2261.1: 0 未知, 1 男, 2 女, 9 未说明; null where nothing usable is said. */
export type Sex = 'male' | 'female'

export function readSex(text: string): Sex | null {
  const bare = halfWidth(text).replace(/\s/g, '').toLowerCase()
  if (/^(0?1[.、-]?)?(男|男性|男婴|男孩)$|^0?1$|^(m|male)$/.test(bare)) return 'male'
  if (/^(0?2[.、-]?)?(女|女性|女婴|女孩)$|^0?2$|^(f|female)$/.test(bare)) return 'female'
  return null
}
