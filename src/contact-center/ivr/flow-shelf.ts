import { checkFlow, type Flow, type FlowWorld, openFlow } from './flow.ts'
import { hasFaults } from './flow-finding.ts'
import type { Variables } from './json.ts'

/** What a call runs: published versions, which never change. */
export interface AskedFlow {
  readonly flowVersionId: string
  /** Of what the flow asks; null where it asks nothing published. */
  readonly asksVersionId: string | null
  readonly flow: unknown
  readonly variables: Variables
}

/** What keeps a call from being led through its flow. */
export interface FlowLack {
  /** Files that are not there, or are no longer what they were; or what no file mends: it cannot be asked by keys. */
  readonly reason: 'sound_lost' | 'not_by_keys'
  /** Whose sounds are lost. */
  readonly prompts: readonly string[]
}

interface Shelved {
  /** Null: it could not run even with all its sounds. */
  readonly flow: Flow | null
  /** Every prompt that a call may say. */
  readonly sounds: readonly string[]
}

/** Each is read through once; more than these are hardly in use at a time. */
const kept = 50

/**
 * Flows ready to run, and whether what they say is whole. The document is read through once a version; its sounds are looked
 * at whenever it is asked for, since files come and go.
 */
export class FlowShelf {
  readonly #world: FlowWorld
  readonly #shelved = new Map<string, Shelved>()

  constructor(world: FlowWorld) {
    this.#world = world
  }

  /** Looks at the files, and reads none that is as it was. @returns null: a call can be led through it */
  lackOf(asked: AskedFlow): FlowLack | null {
    const { flow, sounds } = this.#take(asked)
    if (flow === null) return { reason: 'not_by_keys', prompts: [] }
    const lost = sounds.filter((id) => hasFaults(this.#world.prompts.check(id, '')))
    return lost.length === 0 ? null : { reason: 'sound_lost', prompts: lost }
  }

  /** @throws UserError FLOW_INVALID, also where a sound is lost */
  flow(asked: AskedFlow): Flow {
    const { flow } = this.#take(asked)
    if (flow !== null && this.lackOf(asked) === null) return flow
    // It says what is wrong.
    return openFlow(asked.flow, { ...this.#world, variables: asked.variables })
  }

  #take(asked: AskedFlow): Shelved {
    const versions = `${asked.flowVersionId} ${asked.asksVersionId}`
    const known = this.#shelved.get(versions)
    if (known !== undefined) return known
    const shelved = this.#readThrough(asked)
    for (const oldest of this.#shelved.keys()) {
      if (this.#shelved.size < kept) break
      this.#shelved.delete(oldest)
    }
    this.#shelved.set(versions, shelved)
    return shelved
  }

  /** As if every sound were there; which ones are asked for is noted. */
  #readThrough({ flow: document, variables }: AskedFlow): Shelved {
    const sounds = new Set<string>()
    const check = (id: string) => {
      sounds.add(id)
      return []
    }
    const { flow } = checkFlow(document, { ...this.#world, variables, prompts: { ...this.#world.prompts, check } })
    return { flow, sounds: [...sounds] }
  }
}
