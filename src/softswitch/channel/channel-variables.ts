import { KeptHeader } from './switch-event.ts'

/** A channel's variables: named texts in the order in which they were first set. */
export class ChannelVariables implements Iterable<readonly [string, string]> {
  /** As events have them: one of a hundred variables would else make two hundred texts. */
  readonly #values = new Map<string, KeptHeader>()
  readonly #globals: ReadonlyMap<string, string>

  /** @param globals what `$${name}` and a name that the channel does not have mean */
  constructor(globals: ReadonlyMap<string, string>) {
    this.#globals = globals
  }

  get(name: string): string | undefined {
    return this.#values.get(name)?.value ?? this.#globals.get(name)
  }

  /** Sets a variable; an empty or missing value removes it. */
  set(name: string, value: string | number | null | undefined): void {
    if (value === null || value === undefined || value === '') {
      this.#values.delete(name)
      return
    }
    const known = this.#values.get(name)
    const text = String(value)
    if (known?.value !== text) this.#values.set(name, new KeptHeader(known?.name ?? `variable_${name}`, text))
  }

  /** FreeSWITCH's reading of a switch: true, yes, on, enable(d), active, allow, t, or a number other than 0. */
  isTrue(name: string): boolean {
    return isTrue(this.get(name))
  }

  /** Replaces `${name}` and `$${name}` by their values; an unknown one by nothing. */
  expand(text: string): string {
    return text.replace(/\$(\$?)\{([^{}]*)\}/g, (_, global: string, name: string) =>
      global === '$' ? (this.#globals.get(name) ?? '') : (this.get(name) ?? ''),
    )
  }

  /** Each as a header `variable_<name>`. */
  addTo(event: { keep(header: KeptHeader): void }): void {
    for (const header of this.#values.values()) event.keep(header)
  }

  *[Symbol.iterator](): IterableIterator<[string, string]> {
    for (const [name, { value }] of this.#values) yield [name, value]
  }
}

const TRUE_WORDS = new Set(['yes', 'on', 'true', 't', 'enabled', 'active', 'allow'])

export function isTrue(text: string | undefined): boolean {
  if (text === undefined) return false
  return TRUE_WORDS.has(text.toLowerCase()) || (/^-?\d+(\.\d+)?$/.test(text) && Number.parseInt(text, 10) !== 0)
}
