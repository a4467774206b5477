/** `conference`: the channel is a member of a room until it is kicked or hung up. */
import type { Channel } from '../channel.ts'
import { ConferenceMember } from '../conference/conference-member.ts'
import { parseJoin } from '../conference/join-argument.ts'
import type { ExecuteFrame } from '../execute-stack.ts'

/**
 * Argument: `name[@profile][+pin][+flags{mute|deaf|endconf|mintwo|moderator|ghost|join-only|…}]`. What a client executes
 * meanwhile runs inside: a play above the room takes the member out of it for its time. `uuid_break` does not end it,
 * unless the channel's `conference_flags` say `breakable`.
 */
export async function conference(channel: Channel, argument: string, frame: ExecuteFrame): Promise<void> {
  const { core, variables } = channel
  const order = parseJoin(argument, variables.get('conference_member_flags'))
  if (order === null || !channel.mediaReady) return
  const there = core.conferences.find(order.name)
  if (there === undefined && order.flags.has('join-only')) {
    void channel.hangUp('NORMAL_CLEARING')
    return
  }
  // Nobody is asked for a pin here. The real server asks, and hangs up when it has no sounds to ask with.
  if (order.pin !== '' && variables.get('supplied_pin') !== order.pin) {
    void channel.hangUp('DESTINATION_OUT_OF_ORDER')
    return
  }
  channel.answer()
  const room = there ?? core.conferences.open(order.name, order.profile)
  if (room.locked || (room.maxMembers > 0 && room.count >= room.maxMembers)) return
  const member = new ConferenceMember({ id: core.conferences.memberNumber(channel), channel, flags: order.flags })
  room.add(member)
  const breakable = (variables.get('conference_flags') ?? '').split(/[|,]/).includes('breakable')
  const watch = (): void =>
    frame.onInterrupt((interruption) => {
      if (interruption !== 'break' || breakable) {
        room.remove(member)
        return
      }
      frame.clearBreak()
      watch()
    })
  watch()
  await member.left
}
