/** The way of a channel: its dialplan, where it was transferred, whether it is parked. */
import { randomUUID } from 'node:crypto'
import type { Channel } from './channel.ts'
import type { ExecuteStack } from './execute-stack.ts'

export type Step = readonly [application: string, argument: string]

export class ChannelRoute {
  readonly #channel: Channel
  readonly #stack: ExecuteStack
  /** By what it is parked. */
  #parked: object | null = null
  /** How often it was sent elsewhere: what was to follow before follows no more. */
  #transfers = 0

  constructor(channel: Channel, stack: ExecuteStack) {
    this.#channel = channel
    this.#stack = stack
  }

  /** Runs the dialplan: one application after the other; behind the last one the channel is hung up. */
  async begin(steps: readonly Step[]): Promise<void> {
    const channel = this.#channel
    channel.state.enter('CS_INIT')
    channel.state.enter('CS_ROUTING')
    channel.state.enter('CS_EXECUTE')
    for (const step of steps) {
      if (!channel.up) return
      await this.#run(step)
    }
    await channel.hangUp('NORMAL_CLEARING')
  }

  /**
   * Sends the channel elsewhere: what runs ends, then one application after the other runs; behind the last one the
   * channel is hung up. The client's connection stays.
   * @returns false when the channel is down
   */
  transfer(steps: readonly Step[]): boolean {
    const channel = this.#channel
    if (!channel.up) return false
    channel.bridge?.part(channel)
    const transfer = ++this.#transfers
    void this.free().then(() => this.#follow(steps, transfer))
    return true
  }

  /** Ends what runs, and the waiting for its client, whose connection stays. @returns when nothing runs */
  free(): Promise<void> {
    this.#parked = null
    return this.#stack.leave(({ application }) => application === 'socket')
  }

  /** Waits under somebody's control. @returns what ends it, or null when it waits already */
  park(): (() => void) | null {
    if (this.#parked !== null) return null
    const parked = {}
    this.#parked = parked
    this.#channel.fire('CHANNEL_PARK')
    return () => {
      // A transfer has led it away from here, of which nobody was told.
      if (this.#parked !== parked) return
      this.#parked = null
      this.#channel.fire('CHANNEL_UNPARK')
    }
  }

  async #follow(steps: readonly Step[], transfer: number): Promise<void> {
    const channel = this.#channel
    const isMeant = () => channel.up && this.#transfers === transfer
    if (!isMeant()) return
    channel.state.enter('CS_ROUTING')
    channel.state.enter('CS_EXECUTE')
    for (const step of steps) {
      await this.#run(step)
      if (!isMeant()) return
    }
    await channel.hangUp('NORMAL_CLEARING')
  }

  #run([application, argument]: Step): Promise<void> {
    return this.#stack.run({ application, argument, uuid: randomUUID(), lock: false, loops: 1 })
  }
}
