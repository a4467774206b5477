/** Longer texts are nobody's address, and are parsed each time. */
const MOST_LENGTH = 300
const GENERATION = 500

/**
 * Remembers what was read in the texts that came last, at least 500 and at most 1,000 of them. The addresses of a message
 * are read a dozen times while it is checked, matched and answered, and most come again with the next one of the call.
 * @param parse undefined for what it cannot read, which is not remembered; its results are shared and never changed
 */
export function remembering<T extends object>(parse: (text: string) => T | undefined): (text: string) => T | undefined {
  let young = new Map<string, T>()
  let old = new Map<string, T>()
  return (text) => {
    const known = young.get(text)
    if (known !== undefined) return known
    if (text.length > MOST_LENGTH) return parse(text)
    let read = old.get(text)
    if (read === undefined) {
      // A text of its own: as a piece of a message it would keep the whole.
      text = Buffer.from(text).toString()
      read = parse(text)
      if (read === undefined) return undefined
    }
    if (young.size === GENERATION) {
      old = young
      young = new Map()
    }
    young.set(text, read)
    return read
  }
}
