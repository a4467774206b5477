/**
 * Two channels that talk to each other (`uuid_bridge`). In the media worker it is a room of two: what either plays
 * stands above it, and recordings hold both as ever.
 */
import type { MediaRoom } from '../media/media-room.ts'
import type { HeldDigit } from '../media/telephone-event.ts'
import type { Channel } from './channel.ts'

export class Bridge {
  readonly #originator: Channel
  readonly #other: Channel
  readonly #room: MediaRoom
  readonly #members = new Map<Channel, number>()
  #over = false

  /** What the two were doing ends; then they hear each other. @returns false when one of them cannot talk */
  static begin(originator: Channel, other: Channel): boolean {
    if (originator === other || !originator.mediaReady || !other.mediaReady) return false
    originator.bridge?.part(originator)
    other.bridge?.part(other)
    const bridge = new Bridge(originator, other)
    void Promise.all([originator.route.free(), other.route.free()]).then(() => bridge.#join())
    return true
  }

  private constructor(originator: Channel, other: Channel) {
    this.#originator = originator
    this.#other = other
    this.#room = originator.core.settings.media.openRoom()
    originator.bridge = this
    other.bridge = this
    for (const [channel, peer] of [
      [originator, other],
      [other, originator],
    ] as const) {
      channel.variables.set('bridge_channel', peer.name)
      channel.variables.set('bridge_uuid', peer.uuid)
      channel.variables.set('signal_bond', peer.uuid)
    }
  }

  /** The channel at the other end. */
  peerOf(channel: Channel): Channel {
    return channel === this.#originator ? this.#other : this.#originator
  }

  /** A key that no application took is pressed for the other side. */
  passDigit(from: Channel, digit: HeldDigit): void {
    if (!this.#over) this.peerOf(from).leg.press([digit])
  }

  /**
   * Ends it because one has gone elsewhere. The other one is hung up, unless its channel says `park_after_bridge` or it
   * goes elsewhere too.
   */
  part(leaving: Channel, { both = false }: { readonly both?: boolean } = {}): void {
    if (this.#over) return
    this.#over = true
    for (const channel of [this.#originator, this.#other]) {
      channel.bridge = null
      const member = this.#members.get(channel)
      if (member !== undefined) this.#room.leave(channel.leg, member)
      channel.variables.set('bridge_uuid', null)
      channel.variables.set('signal_bond', null)
    }
    this.#room.close()
    if (this.#members.size > 0) this.#tell('CHANNEL_UNBRIDGE')
    const left = this.peerOf(leaving)
    if (both || !left.up) return
    if (left.variables.isTrue('park_after_bridge')) left.route.transfer([['park', '']])
    else void left.hangUp('NORMAL_CLEARING')
  }

  #join(): void {
    if (this.#over) return
    const pair = [this.#originator, this.#other]
    for (const channel of pair) this.#members.set(channel, this.#room.join(channel.leg))
    const numbers = pair.map((channel) => this.#members.get(channel) ?? 0)
    this.#room.setHearing(
      numbers.map((member) => ({ member, hears: numbers.filter((other) => other !== member), hearsPlays: false })),
    )
    this.#tell('CHANNEL_BRIDGE')
  }

  #tell(name: 'CHANNEL_BRIDGE' | 'CHANNEL_UNBRIDGE'): void {
    this.#originator.fire(name, (event) => {
      event.add('Bridge-A-Unique-ID', this.#originator.uuid)
      event.add('Bridge-B-Unique-ID', this.#other.uuid)
    })
  }
}
