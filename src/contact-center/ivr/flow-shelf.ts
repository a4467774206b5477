import { type Flow, type FlowWorld, openFlow } from './flow.ts'

/** Published versions never change, so each is opened once; more than these are hardly in use at a time. */
const kept = 50

/** Flows ready to run, by the version that an attempt runs under. */
export class FlowShelf {
  readonly #world: FlowWorld
  readonly #flows = new Map<string, Flow>()

  constructor(world: FlowWorld) {
    this.#world = world
  }

  /** @throws UserError FLOW_INVALID */
  flow(versionId: string, definition: unknown, variables: FlowWorld['variables']): Flow {
    const known = this.#flows.get(versionId)
    if (known !== undefined) return known
    const flow = openFlow(definition, variables === undefined ? this.#world : { ...this.#world, variables })
    for (const oldest of this.#flows.keys()) {
      if (this.#flows.size < kept) break
      this.#flows.delete(oldest)
    }
    this.#flows.set(versionId, flow)
    return flow
  }
}
