import { halfWidth } from './cell.ts'

export type NameWarning =
  | 'space_inside_name'
  | 'four_byte_character'
  | 'name_characters_lost'
  | 'name_too_short'
  | 'newborn_call_the_mother'

export interface PersonName {
  /** Empty when there is none that can be spoken or shown. */
  readonly value: string
  readonly warnings: readonly NameWarning[]
  /** Written behind the name by the ward: （已故）, （死亡）. */
  readonly saysDead: boolean
  /** 张三之子, 李四之女, 王五之婴: an infant without a name of its own. */
  readonly isNewborn: boolean
  readonly fault: null | 'missing' | 'unreadable'
}

const DEAD_WORDS = /(已故|亡故|病故|死亡|去世|已亡|过世|离世)/
const NEWBORN =
  /(婴儿|新生儿)$|之(大|小|长|次|双|幼|[一二三四甲乙ABab12])?(子女|子|女|婴|儿|宝|娃)([甲乙一二AB12]|大|小)?$/

/**
 * Cleans a person's name: outer spaces of all kinds and spaces between Han characters go, every dot of a minority name
 * becomes `·`, full-width letters become ASCII, four-byte characters stay.
 * @param text the cell, trimmed
 * Source: requirements §8.3 (2–50 characters; GB 18030-2022)
 */
export function readPersonName(text: string): PersonName {
  let name = halfWidth(text).trim()
  const saysDead = DEAD_WORDS.test(name.replace(/^[^(（[【]*/, '')) || /^.{2,}[\s,，-](已故|死亡|病故)$/.test(name)
  // What stands in brackets behind a name is a remark (床号, 已故, VIP), not part of it.
  name = name.replace(/[(（[【][^)）\]】]*[)）\]】]?$/u, '').trim()
  if (saysDead) name = name.replace(/[\s,，-]+(已故|死亡|病故)$/, '')
  const joined = name.replace(/(?<=\p{Script=Han})\s+(?=\p{Script=Han})/gu, '').replace(/\s+/g, ' ')
  const dotted = joined
    .replace(/\s*[•・‧･∙⋅●．]\s*/gu, '·')
    .replace(/(?<=\p{Script=Han})\s*[·.]\s*(?=\p{Script=Han})/gu, '·')
  const length = [...dotted].length
  const fault = length === 0 ? 'missing' : isName(dotted) && length <= 50 ? null : 'unreadable'
  const isNewborn = fault === null && length >= 3 && NEWBORN.test(dotted)
  const warnings: NameWarning[] = []
  if (joined !== name) warnings.push('space_inside_name')
  if ([...dotted].some((character) => (character.codePointAt(0) ?? 0) > 0xffff || isRareThreeByte(character))) {
    warnings.push('four_byte_character')
  }
  if (/[?？□■]/.test(dotted)) warnings.push('name_characters_lost')
  if (fault === null && length < 2) warnings.push('name_too_short')
  if (isNewborn) warnings.push('newborn_call_the_mother')
  return { value: fault === null ? dotted : '', warnings, saysDead, isNewborn, fault }
}

/** Letters of some script; a number, a formula or a slipped column is no name. */
function isName(name: string): boolean {
  return /\p{L}/u.test(name) && !/[=+@<>\\{}|\ufffd]/u.test(name) && !/\d{4,}/.test(name)
}

/** Extension A takes four bytes in GB18030, although three in UTF-8. */
function isRareThreeByte(character: string): boolean {
  const code = character.codePointAt(0) ?? 0
  return code >= 0x3400 && code <= 0x4dbf
}
