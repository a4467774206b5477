/** The way of a channel: its dialplan, where it was transferred, whether it is parked. */
import { randomUUID } from 'node:crypto'
import type { Channel } from './channel.ts'
import type { ExecuteStack } from './execute-stack.ts'

export type Step = readonly [application: string, argument: string]

export class ChannelRoute {
  readonly #channel: Channel
  readonly #stack: ExecuteStack
  #parked = false
  /** Parked by itself (`uuid_park`), not by an application. */
  #standing = false
  /** How often it was sent elsewhere: what was to follow before follows no more. */
  #moves = 0

  constructor(channel: Channel, stack: ExecuteStack) {
    this.#channel = channel
    this.#stack = stack
  }

  /** Runs the dialplan: one application after the other; behind the last one the channel is hung up. */
  async begin(steps: readonly Step[]): Promise<void> {
    const { state } = this.#channel
    state.enter('CS_INIT')
    state.enter('CS_ROUTING')
    state.enter('CS_EXECUTE')
    const isMeant = this.#move()
    await this.#follow(steps, isMeant)
  }

  /**
   * Sends the channel elsewhere: what runs ends, then one application after the other runs; behind the last one the
   * channel is hung up. The client's connection stays.
   * @param steps null: there is no such place, and the channel is hung up
   * @returns false when the channel is down
   */
  transfer(steps: readonly Step[] | null): boolean {
    const channel = this.#channel
    if (!channel.up) return false
    const isMeant = this.#move()
    channel.state.headFor('CS_ROUTING')
    channel.otherLeg = null
    channel.bridge?.part(channel)
    channel.variables.set('signal_bond', null)
    channel.variables.set('call_uuid', channel.uuid)
    void this.free().then(async () => {
      if (!isMeant()) return
      channel.state.enterRouting()
      // The other leg of a bridge becomes a caller of its own.
      if (channel.peers.isOther) channel.fire('CALL_UPDATE', (event) => event.add('Direction', 'RECV'))
      channel.peers.isOther = false
      if (steps === null) {
        await channel.hangUp('NO_ROUTE_DESTINATION')
        return
      }
      channel.state.enterExecute()
      await this.#follow(steps, isMeant)
    })
    return true
  }

  /** What runs ends, then it waits under somebody's control, in no application (`uuid_park`). @returns false when it is down */
  stand(): boolean {
    const channel = this.#channel
    if (!channel.up) return false
    const isMeant = this.#move()
    channel.state.headFor('CS_PARK')
    channel.bridge?.part(channel)
    void this.free().then(() => {
      if (!isMeant()) return
      channel.state.enter('CS_PARK')
      this.#standing = this.park() !== null
    })
    return true
  }

  /** Leads it into a bridge: what runs ends. @returns whether it is still meant */
  async leaveFor(): Promise<boolean> {
    const isMeant = this.#move()
    await this.free()
    return isMeant()
  }

  /** Ends what runs, and the waiting for its client, whose connection stays. @returns when nothing runs */
  async free(): Promise<void> {
    await this.#stack.leave()
    this.unpark()
  }

  get parked(): boolean {
    return this.#parked
  }

  /** Waits under somebody's control. @returns what ends it, or null when it waits already */
  park(): (() => void) | null {
    if (this.#parked) return null
    this.#parked = true
    this.#channel.fire('CHANNEL_PARK')
    return () => this.#endPark()
  }

  /** Ends a waiting that no application does. */
  unpark(): void {
    if (this.#standing) this.#endPark()
    this.#standing = false
  }

  #endPark(): void {
    if (!this.#parked) return
    this.#parked = false
    this.#channel.fire('CHANNEL_UNPARK')
  }

  /** @returns whether nothing has led it elsewhere since */
  #move(): () => boolean {
    const move = ++this.#moves
    return () => this.#channel.up && this.#moves === move
  }

  async #follow(steps: readonly Step[], isMeant: () => boolean): Promise<void> {
    for (const [application, argument] of steps) {
      if (!isMeant()) return
      await this.#stack.run({ application, argument, uuid: randomUUID(), lock: false, loops: 1 })
    }
    if (isMeant()) await this.#channel.hangUp('NORMAL_CLEARING')
  }
}
