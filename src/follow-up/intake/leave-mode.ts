import { halfWidth } from './cell.ts'

/** 离院方式 of the front page of the medical record: 1 医嘱离院 2 转院 3 转社区 4 非医嘱离院 5 死亡 9 其他. */
export type LeaveMode = '1' | '2' | '3' | '4' | '5' | '9'

export interface LeaveModeCell {
  readonly mode: LeaveMode | null
  /** Something is written that says no leave mode. */
  readonly unknown: boolean
}

const DEAD = /死亡|病故|亡故|去世|身故|过世|离世/
/** 未死亡, 死亡风险, 胎儿死亡, 其父去世: the word alone does not say that the patient is dead. */
const NOT_DEAD =
  /(未|否认|无|非|没有|排除|避免|濒临?|脱离|预防)死亡|死亡(风险|可能|讨论|率)|死胎|胎死|胎儿死亡|(父|母|夫|妻|子|女|兄|弟|姐|妹|家属|爱人|配偶|亲)[^,，。;；]{0,4}(死亡|去世|病故|亡故|过世|离世)/

/** True when a text says that the patient has died. */
export function saysDead(text: string): boolean {
  return DEAD.test(text) && !NOT_DEAD.test(text)
}

const words: readonly (readonly [LeaveMode, RegExp])[] = [
  ['4', /非医嘱|自动(出院|离院)|自动要求|放弃治疗|拒绝治疗|私自|擅自|签字出院|逃/],
  ['3', /社区|乡镇|卫生院|卫生服务/],
  ['2', /转院|转往|转上级|转至|转外院|外院/],
  ['1', /医嘱(离院|出院)?|正常(出院|离院)|常规|治愈|好转|痊愈|康复|回家|稳定/],
  ['9', /其他|其它/],
]

/**
 * Reads 离院方式: words (自动出院, 转院, 死亡) or the code (5, 05, 5.0). Where both stand, words decide: "5.其他" comes
 * from a hospital with a dictionary of its own.
 * @param text the cell, trimmed; empty for none
 */
export function readLeaveMode(text: string): LeaveModeCell {
  const bare = halfWidth(text).replace(/\s/g, '')
  if (bare === '') return { mode: null, unknown: false }
  if (saysDead(bare)) return { mode: '5', unknown: false }
  for (const [mode, pattern] of words) if (pattern.test(bare)) return { mode, unknown: false }
  const code = /^0?([123459])(?:\.0+)?(?:$|[.、,，:：)）/_—-])/.exec(bare)?.[1]
  for (const mode of ['1', '2', '3', '4', '5', '9'] as const) if (code === mode) return { mode, unknown: false }
  return { mode: null, unknown: true }
}

/**
 * Reads 转归 / 治疗结果 / 出院情况. Only words count: as a bare code, 4 or 5 has meant 死亡 in one edition of the
 * dictionary and 恶化 or 其他 in another, and guessing would either dial the dead or drop the living.
 */
export function readOutcome(text: string): { readonly dead: boolean; readonly unclear: boolean } {
  const bare = halfWidth(text).replace(/\s/g, '')
  if (saysDead(bare)) return { dead: true, unclear: false }
  return { dead: false, unclear: /^0?[45](\.0+)?$/.test(bare) }
}

/** A flag such as 是否死亡: 是, 1, Y, √. */
export function readFlag(text: string): boolean {
  return /^(是|有|1|01|y|yes|true|t|√|✓|✔|死亡|已死亡)$/i.test(halfWidth(text).trim())
}
