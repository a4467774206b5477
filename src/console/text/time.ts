import { currentLanguage, type Language } from './i18n.ts'

/** The hospital's hours, wherever the browser stands. */
const timeZone = 'Asia/Shanghai'

// Making a formatter costs far more than using it, and the live page formats hundreds of times a second.
const clockFormat = new Intl.DateTimeFormat('zh-CN', {
  timeZone,
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
})
const dateFormat = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' })
const countFormats: Readonly<Record<Language, Intl.NumberFormat>> = {
  zh: new Intl.NumberFormat('zh-CN'),
  en: new Intl.NumberFormat('en'),
}

/** Such as 14:05:09. */
export function clockTime(iso: string): string {
  return clockFormat.format(new Date(iso))
}

/** Such as 2026-11-22 14:05. */
export function dateTime(iso: string): string {
  return dateFormat.format(new Date(iso))
}

/** Such as 1:05 or 1:02:03, of seconds. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  const [hours = 0, minutes = 0, rest = 0] = parts
  const tail = `${hours > 0 ? String(minutes).padStart(2, '0') : minutes}:${String(rest).padStart(2, '0')}`
  return hours > 0 ? `${hours}:${tail}` : tail
}

/** Such as 12,345. */
export function count(value: number): string {
  return countFormats[currentLanguage()].format(value)
}
