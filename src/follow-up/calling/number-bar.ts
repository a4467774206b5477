import { type Static, Type } from 'typebox'

/**
 * Numbers that cost more than a call in this country, or that no patient has: barred unless the hospital's calling rule
 * names their kind. Source: the country's numbering plan (MIIT 电信网编号计划, 2017).
 */
export const BarredKind = Type.Union([Type.Literal('foreign'), Type.Literal('premium'), Type.Literal('service')])

/** `none`: an ordinary subscriber's. */
export type NumberBar = 'none' | Static<typeof BarredKind>

/** 2G satellite (1349) and Tiantong (1740 0–5, 1749): a mobile's length at many times its price. */
const satellite = /^1(349|740[0-5]|749)/
const mobile = /^1[3-9]\d{9}$/
/** Behind their area code: 010 and 02x have eight digits, others seven or eight; none begins with 0, 1 or 9; 400 and 800 are no area codes. */
const landline = /^(?:10[2-8]\d{7}|2\d[2-8]\d{7}|(?![48]00)[3-9]\d{2}[2-8]\d{6,7})$/
/** Voice services, by themselves or behind an area code: 16x, of which 168 and 160 are the known ones. */
const voiceService = /^(?:10|2\d|[3-9]\d{2})?16\d{1,6}$/

/** @param e164 as stored: `+8613800138000` */
export function barOf(e164: string): NumberBar {
  const national = /^\+86(\d+)$/.exec(e164)?.[1]
  if (national === undefined) return 'foreign'
  if (mobile.test(national)) return satellite.test(national) ? 'premium' : 'none'
  if (voiceService.test(national)) return 'premium'
  return landline.test(national) ? 'none' : 'service'
}
