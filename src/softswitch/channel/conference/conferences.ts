/** All conferences of the server, by name, and the numbers of their members. */
import type { Channel } from '../channel.ts'
import type { SwitchCore } from '../switch-core.ts'
import { Conference } from './conference.ts'

export class Conferences {
  readonly #core: SwitchCore
  readonly #byName = new Map<string, Conference>()
  readonly #numbers = new WeakMap<Channel, number>()
  #number = 0

  constructor(core: SwitchCore) {
    this.#core = core
  }

  get size(): number {
    return this.#byName.size
  }

  [Symbol.iterator](): IterableIterator<Conference> {
    return this.#byName.values()
  }

  /** Names are told apart by case too. */
  find(name: string): Conference | undefined {
    return this.#byName.get(name)
  }

  /** The conference of that name; a new one when there is none. It leaves this list when it ends. */
  open(name: string, profile: string): Conference {
    const known = this.#byName.get(name)
    if (known !== undefined) return known
    const conference: Conference = new Conference(this.#core, {
      name,
      profile,
      gone: () => this.#byName.get(name) === conference && this.#byName.delete(name),
    })
    this.#byName.set(name, conference)
    return conference
  }

  /** One number for each channel, over all conferences. */
  memberNumber(channel: Channel): number {
    const known = this.#numbers.get(channel)
    if (known !== undefined) return known
    this.#number += 1
    this.#numbers.set(channel, this.#number)
    return this.#number
  }
}
