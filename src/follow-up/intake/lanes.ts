import type { ListEntry } from './discharge-list.ts'

/**
 * Parts a list into lanes that can be written side by side: rows of one person, or of one admission number, are in one
 * lane and in the list's order, so that no lane needs to know what another is writing.
 * @returns `count` lanes of about the same length, some empty when there is nothing for them
 */
export function lanesOf(entries: readonly ListEntry[], count: number): readonly (readonly ListEntry[])[] {
  const groups = groupsOf(entries)
  const lanes: ListEntry[][] = Array.from({ length: count }, () => [])
  for (const group of groups) {
    const [shortest = []] = [...lanes].sort((a, b) => a.length - b.length)
    for (const entry of group) shortest.push(entry)
  }
  return lanes
}

/** Entries that share a key, over any number of steps. */
function groupsOf(entries: readonly ListEntry[]): Iterable<readonly ListEntry[]> {
  const parent = entries.map((_, index) => index)
  const root = (index: number): number => {
    let at = index
    for (let up = parent[at] ?? at; up !== at; up = parent[at] ?? at) {
      parent[at] = parent[up] ?? up
      at = up
    }
    return at
  }
  const firstWith = new Map<string, number>()
  for (const [index, entry] of entries.entries()) {
    for (const key of keysOf(entry)) {
      const first = firstWith.get(key)
      if (first === undefined) firstWith.set(key, index)
      else parent[root(index)] = root(first)
    }
  }
  const groups = new Map<number, ListEntry[]>()
  for (const [index, entry] of entries.entries()) {
    const group = groups.get(root(index))
    if (group) group.push(entry)
    else groups.set(root(index), [entry])
  }
  return groups.values()
}

/** By what a row may turn out to be about the same person or stay as another: what load-plan.ts recognises people by. */
function keysOf(entry: ListEntry): string[] {
  const row = 'row' in entry ? entry.row : null
  if (!row) return 'admissionNo' in entry && entry.admissionNo !== null ? [`stay ${entry.admissionNo}`] : []
  const keys = [`stay ${row.admissionNo}`]
  if (row.patientNo !== null) keys.push(`no ${row.patientNo}`)
  if (row.idNumber !== null) keys.push(`id ${row.idNumber.value}`)
  if (row.birthDate !== null) keys.push(`born ${row.birthDate} ${row.name}`)
  return keys
}
