/**
 * What was said between a client and a server, in a form that can be compared with another time: whatever is different
 * each time (identities, ports, times) has a name in braces in its place.
 */

/** One line of talk: who said it, its first line (or an event's name), what it carried. */
export interface Said {
  readonly by: string
  readonly what: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/** Replaces what a script knows by name, then whatever looks like an identity or a time. */
export class Names {
  readonly #known: [string, string][] = []

  call(value: string, name: string): void {
    if (value !== '') this.#known.push([value, `{${name}}`])
    this.#known.sort(([a], [b]) => b.length - a.length)
  }

  in(text: string): string {
    let named = text
    for (const [value, name] of this.#known) named = named.replaceAll(value, name)
    return named
      .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '{uuid}')
      .replace(/\b(unmute|deaf|undeaf|kick|kicked) \d+/g, '$1 {member}')
      .replace(/\b\d{16}\b/g, '{microseconds}')
      .replace(/\b\d{2}:\d{2}:\d{2}\.\d{6}\b/g, '{time}')
      .replace(/\b1\d{9}\b/g, '{seconds}')
  }
}

/** In the file a line has only the headers that differ from the line before of the same speaker; null: it has gone. */
interface Stored {
  readonly by: string
  readonly what: string
  readonly headers?: Readonly<Record<string, string | null>>
  readonly body?: string
}

export function shorten(said: readonly Said[]): Stored[] {
  const before = new Map<string, Readonly<Record<string, string>>>()
  return said.map(({ by, what, headers, body }) => {
    const last = before.get(by) ?? {}
    before.set(by, headers)
    const changed: Record<string, string | null> = {}
    for (const [name, value] of Object.entries(headers)) if (last[name] !== value) changed[name] = value
    for (const name of Object.keys(last)) if (headers[name] === undefined) changed[name] = null
    return {
      by,
      what,
      ...(Object.keys(changed).length > 0 ? { headers: changed } : {}),
      ...(body === undefined ? {} : { body }),
    }
  })
}

export function restore(stored: readonly Stored[]): Said[] {
  const before = new Map<string, Readonly<Record<string, string>>>()
  return stored.map(({ by, what, headers = {}, body }) => {
    const all: Record<string, string> = { ...before.get(by) }
    for (const [name, value] of Object.entries(headers)) {
      if (value === null) delete all[name]
      else all[name] = value
    }
    before.set(by, all)
    return { by, what, headers: all, ...(body === undefined ? {} : { body }) }
  })
}

export interface GoldenFile {
  readonly source: string
  readonly scripts: readonly { readonly name: string; readonly said: readonly Stored[] }[]
}
