/** Whether two values that can be written as JSON say the same; the order of an object's keys says nothing. */
export function isSame(one: unknown, other: unknown): boolean {
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, index) => isSame(item, other[index]))
  }
  if (!isRecord(one) || !isRecord(other)) return one === other
  const keys = new Set([...Object.keys(one), ...Object.keys(other)])
  return [...keys].every((key) => isSame(one[key], other[key]))
}

/**
 * What somebody typed on `basis`, taken over into what others have made of it since: what was not touched is theirs, what
 * was typed stays as typed. Things that have an `id` are told apart by it, other lists are taken item by item as long as
 * all three are of one length; a list of words is one thing.
 */
export function carriedOver<Value>(basis: Value, theirs: Value, mine: Value): Value
export function carriedOver(basis: unknown, theirs: unknown, mine: unknown): unknown {
  if (isSame(mine, basis)) return theirs
  if (isSame(theirs, basis)) return mine
  if (isRecord(basis) && isRecord(theirs) && isRecord(mine)) {
    const keys = new Set([...Object.keys(theirs), ...Object.keys(mine)])
    return Object.fromEntries(
      [...keys]
        .map((key) => [key, carriedOver(basis[key], theirs[key], mine[key])] as const)
        .filter(([, value]) => value !== undefined),
    )
  }
  if (isNamed(basis) && isNamed(theirs) && isNamed(mine)) return namedCarriedOver(basis, theirs, mine)
  if (!isListOfThings(basis) || !isListOfThings(theirs) || !isListOfThings(mine)) return mine
  if (basis.length !== mine.length || theirs.length !== mine.length) return mine
  return mine.map((item, index) => carriedOver(basis[index], theirs[index], item))
}

interface Named {
  readonly id: string
}

/** In the order of mine, what they added last; what one side took out stays out, unless the other changed it. */
function namedCarriedOver(basis: readonly Named[], theirs: readonly Named[], mine: readonly Named[]): readonly Named[] {
  const find = (list: readonly Named[], id: string) => list.find((one) => one.id === id)
  const kept = mine.flatMap((item) => {
    const [was, now] = [find(basis, item.id), find(theirs, item.id)]
    if (was === undefined) return [item]
    if (now === undefined) return isSame(was, item) ? [] : [item]
    return [carriedOver(was, now, item)]
  })
  const back = theirs.filter((item) => {
    const was = find(basis, item.id)
    return find(mine, item.id) === undefined && (was === undefined || !isSame(was, item))
  })
  return [...kept, ...back]
}

function isNamed(value: unknown): value is readonly Named[] {
  return isListOfThings(value) && value.every((item) => typeof item.id === 'string')
}

function isListOfThings(value: unknown): value is readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) && value.every((item) => isRecord(item))
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
