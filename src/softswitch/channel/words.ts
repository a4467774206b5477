/**
 * Splits an argument at spaces as FreeSWITCH does: what stands between single quotes is one word, a backslash takes
 * the next character as it is.
 */
export function separateWords(text: string): string[] {
  const words: string[] = []
  let word = ''
  let begun = false
  let quoted = false
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at)
    if (character === '\\' && at + 1 < text.length) {
      at += 1
      word += escaped(text.charAt(at))
      begun = true
    } else if (character === "'") {
      quoted = !quoted
      begun = true
    } else if (character === ' ' && !quoted) {
      if (begun) words.push(word)
      word = ''
      begun = false
    } else {
      word += character
      begun = true
    }
  }
  if (begun) words.push(word)
  return words
}

/** What a character behind a backslash means; behind any other one the backslash stays. */
const ESCAPED: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', s: ' ', "'": "'", '"': '"', '\\': '\\' }

function escaped(character: string): string {
  return ESCAPED[character] ?? `\\${character}`
}
