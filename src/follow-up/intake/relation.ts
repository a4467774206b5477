import { cutText, halfWidth } from './cell.ts'

/** GB/T 4761-2008, one digit: 0 本人, 1 配偶, 2 子, 3 女, 4 孙, 5 父母, 6 祖父母, 7 兄弟姐妹, 8 其他. */
export type RelationCode = '0' | '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8'

export interface Relation {
  readonly code: RelationCode
  /** The word as the list has it, such as 母亲. */
  readonly word: string
}

const words: readonly (readonly [RelationCode, string])[] = [
  ['0', '本人|患者本人|病人本人|患者|自己|户主|本身'],
  ['1', '配偶|夫妻|丈夫|妻子|老公|老婆|爱人|夫|妻|爱人配偶'],
  ['2', '儿子|子|独生子|长子|次子|养子|继子|女婿|大儿子|小儿子|二儿子'],
  ['3', '女儿|女|独生女|长女|次女|养女|继女|儿媳|媳妇|大女儿|小女儿|二女儿'],
  ['4', '孙子|孙女|外孙|外孙女|外孙子|孙|孙子女|外孙子女'],
  ['5', '父亲|母亲|父母|父|母|爸爸|妈妈|爸|妈|家长|继父|继母|养父|养母|公公|婆婆|岳父|岳母|公婆|监护人'],
  ['6', '祖父|祖母|爷爷|奶奶|外公|外婆|姥姥|姥爷|外祖父|外祖母|祖父母|外祖父母'],
  ['7', '兄弟姐妹|哥哥|弟弟|姐姐|妹妹|哥|弟|姐|妹|兄|兄弟|姐妹|兄妹|姐弟'],
  [
    '8',
    '其他|其它|亲属|亲戚|家属|家人|朋友|同事|邻居|护工|保姆|侄子|侄女|外甥|外甥女|舅舅|姑姑|叔叔|伯父|阿姨|养老院|村干部|社区',
  ],
]

const codeOf = new Map(words.flatMap(([code, list]) => list.split('|').map((word) => [word, code] as const)))

/** Longest first, so that 外孙女 is not read as 女. */
const anyWord = new RegExp([...codeOf.keys()].sort((a, b) => b.length - a.length).join('|'), 'u')

/**
 * The relation that a cell names, by word (女儿) or by code of GB/T 4761 (1 or 2 digits, also "5 父母").
 * @returns null for an empty cell; an unknown word is 其他 with the word kept
 */
export function readRelation(text: string): Relation | null {
  const bare = halfWidth(text).replace(/\s+/g, '')
  if (bare === '') return null
  const known = codeOf.get(bare)
  if (known) return { code: known, word: bare }
  const digits = /^0?([0-8])\d?$/.exec(bare)
  if (digits && bare.length <= 2) return { code: codeDigit(bare), word: wordOf(codeDigit(bare)) }
  const inside = relationIn(bare)
  return inside ?? { code: '8', word: cutText(bare, 20) }
}

/** The first relation word inside a text such as a phone cell's `（女儿）`. */
export function relationIn(text: string): Relation | null {
  const found = anyWord.exec(text)
  if (!found) return null
  const code = codeOf.get(found[0])
  return code ? { code, word: found[0] } : null
}

const firstWord: Readonly<Record<RelationCode, string>> = {
  '0': '本人',
  '1': '配偶',
  '2': '子',
  '3': '女',
  '4': '孙子女',
  '5': '父母',
  '6': '祖父母',
  '7': '兄弟姐妹',
  '8': '其他',
}

function wordOf(code: RelationCode): string {
  return firstWord[code]
}

/** `1` and `01` are class 1; in the two-digit edition `10` is class 1 and `51` (father) class 5. */
function codeDigit(digits: string): RelationCode {
  const first = digits.length === 2 && digits[0] === '0' ? digits[1] : digits[0]
  for (const [code] of words) if (code === first) return code
  return '8'
}
