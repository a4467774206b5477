/**
 * Two channels that talk to each other (`uuid_bridge`). In the media worker it is a room of two: what either plays
 * stands above it, and recordings hold both as ever.
 *
 * States and events are those of the real server: the originator stays in SOFT_EXECUTE, its other leg in
 * EXCHANGE_MEDIA, and the originator alone tells of the bridge and its end.
 */
import type { MediaRoom } from '../media/media-room.ts'
import type { HeldDigit } from '../media/telephone-event.ts'
import type { Channel } from './channel.ts'
import { stepsTo } from './dialplan.ts'
import type { HangupCause } from './hangup-cause.ts'

export class Bridge {
  readonly #originator: Channel
  readonly #other: Channel
  readonly #room: MediaRoom
  readonly #members = new Map<Channel, number>()
  #over = false

  /** What the two were doing ends; then they hear each other. @returns false when one of them cannot talk */
  static begin(originator: Channel, other: Channel): boolean {
    if (originator === other || !originator.mediaReady || !other.mediaReady) return false
    for (const channel of [originator, other]) channel.state.headFor('CS_HIBERNATE')
    originator.otherLeg = { type: 'originatee', channel: other }
    other.otherLeg = { type: 'originator', channel: originator }
    for (const channel of [originator, other]) channel.bridge?.part(channel)
    const bridge = new Bridge(originator, other)
    void Promise.all([bridge.#lead(originator), bridge.#lead(other)]).then((meant) => {
      if (meant.every((still) => still)) bridge.#join()
      else bridge.#failed()
    })
    return true
  }

  private constructor(originator: Channel, other: Channel) {
    this.#originator = originator
    this.#other = other
    this.#room = originator.core.settings.media.openRoom()
    for (const channel of [originator, other]) {
      const peer = this.peerOf(channel)
      channel.bridge = this
      channel.variables.set('bridge_channel', peer.name)
      channel.variables.set('bridge_uuid', peer.uuid)
      channel.variables.set('signal_bond', peer.uuid)
      channel.variables.set('original_destination_number', channel.caller.destination)
      channel.variables.set('original_caller_id_name', channel.caller.name)
      channel.variables.set('original_caller_id_number', channel.caller.number)
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

  /** One has been hung up. What the other does then its channel says. */
  hungUp(gone: Channel, cause: HangupCause): void {
    const left = this.peerOf(gone)
    left.variables.set('bridge_hangup_cause', cause)
    const both = left === this.#originator && left.variables.isTrue('hangup_after_bridge')
    this.#end(gone, both ? { left: 'hung up', cause } : { left: 'as it says' })
  }

  /** One goes elsewhere. @param options.both the other one does so too */
  part(leaving: Channel, { both = false }: { readonly both?: boolean } = {}): void {
    this.#end(leaving, { left: both ? 'led elsewhere' : 'as it says' })
  }

  #end(
    leaving: Channel,
    { left, cause }: { left: 'as it says' | 'hung up' | 'led elsewhere'; cause?: HangupCause },
  ): void {
    if (this.#over) return
    this.#over = true
    const bridged = this.#members.size > 0
    for (const channel of [this.#originator, this.#other]) {
      channel.bridge = null
      const member = this.#members.get(channel)
      if (member !== undefined) this.#room.leave(channel.leg, member)
      channel.variables.set('bridge_to', null)
    }
    this.#room.close()
    if (bridged) this.#tell('CHANNEL_UNBRIDGE')
    const other = this.peerOf(leaving)
    if (!other.up || left === 'led elsewhere') return
    if (left === 'hung up' && cause !== undefined) void other.hangUp(cause)
    else this.#release(other, leaving)
  }

  /** The one that is left: parked, sent on, or hung up. */
  #release(left: Channel, leaving: Channel): void {
    const next = left.variables.get('transfer_after_bridge') ?? ''
    if (left.variables.isTrue('park_after_bridge')) left.route.stand()
    else if (next !== '') {
      const [target = '', dialplan, context] = next.split(':')
      left.route.transfer(stepsTo(target, { dialplan, context }))
    } else {
      // The originator goes on to the rest of its dialplan, of which nothing is left.
      if (left === this.#originator) left.state.enter('CS_EXECUTE')
      if (leaving.up && leaving === this.#originator) leaving.variables.set('bridge_hangup_cause', 'NORMAL_CLEARING')
      void left.hangUp('NORMAL_CLEARING')
    }
  }

  async #lead(channel: Channel): Promise<boolean> {
    const again = channel.state.machine === 'CS_SOFT_EXECUTE' || channel.state.machine === 'CS_EXCHANGE_MEDIA'
    const meant = await channel.route.leaveFor()
    if (!meant || this.#over) return false
    if (!again) channel.state.enter('CS_HIBERNATE')
    channel.state.enter('CS_RESET')
    channel.state.enter('CS_SOFT_EXECUTE')
    return true
  }

  #join(): void {
    if (this.#over) return
    const pair = [this.#originator, this.#other]
    for (const channel of pair) this.#members.set(channel, this.#room.join(channel.leg))
    const numbers = pair.map((channel) => this.#members.get(channel) ?? 0)
    this.#room.setHearing(
      numbers.map((member) => ({ member, hears: numbers.filter((other) => other !== member), hearsPlays: false })),
    )
    for (const channel of pair) {
      const peer = this.peerOf(channel).uuid
      channel.fire('CHANNEL_EXECUTE', (event) => {
        event.add('Application', 'uuid_bridge')
        event.add('Application-Data', peer)
      })
      channel.variables.set('bridge_to', peer)
      channel.variables.set('last_bridge_to', peer)
    }
    this.#other.variables.set('call_uuid', this.#originator.uuid)
    this.#tell('CHANNEL_BRIDGE')
    this.#other.state.enter('CS_CONSUME_MEDIA')
    this.#other.state.enter('CS_EXCHANGE_MEDIA')
    this.#other.peers.isOther = true
    this.#originator.peers.isOther = false
    for (const channel of [this.#other, this.#originator]) this.#show(channel)
  }

  /** Tells whom a channel's telephone now talks to, unless it is whom it was told last. */
  #show(channel: Channel): void {
    const { name, number } = this.peerOf(channel).caller
    const shown = `${name} ${number}`
    if (channel.peers.shown === shown) return
    channel.peers.shown = shown
    channel.fire('CALL_UPDATE', (event) => {
      event.add('Direction', 'SEND')
      event.add('Sent-Callee-ID-Name', name)
      event.add('Sent-Callee-ID-Number', number)
      event.add('Bridged-To', this.peerOf(channel).uuid)
    })
  }

  /** One has been led elsewhere while it was on its way here. */
  #failed(): void {
    for (const channel of [this.#originator, this.#other]) {
      if (!this.#over && channel.up && channel.bridge === this) this.part(this.peerOf(channel))
    }
  }

  #tell(name: 'CHANNEL_BRIDGE' | 'CHANNEL_UNBRIDGE'): void {
    this.#originator.fire(name, (event) => {
      event.add('Bridge-A-Unique-ID', this.#originator.uuid)
      event.add('Bridge-B-Unique-ID', this.#other.uuid)
    })
  }
}
