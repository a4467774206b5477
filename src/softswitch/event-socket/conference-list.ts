/** What `conference … list`, `json_list` and the like answer. */
import type { Conference } from '../channel/conference/conference.ts'
import type { ConferenceMember } from '../channel/conference/conference-member.ts'

const RATE = 8000

/** One line for each member, newest first: number, channel, uuid, caller's name and number, flags, three levels. */
export function listMembers(conference: Conference, delimiter: string): string {
  return conference.members
    .map((member) => {
      const { caller, name, uuid } = member.channel
      const fields = [member.id, name, uuid, caller.name, caller.number, flagsOf(conference, member), 0, 0, 0]
      return `${fields.join(delimiter)}\n`
    })
    .join('')
}

export function listPretty(conference: Conference): string {
  return conference.members.map(({ id, channel: { caller } }) => `${id}) ${caller.name} (${caller.number})\n`).join('')
}

/** The line that stands before a conference's members when all conferences are listed. */
export function titleOf(conference: Conference): string {
  const { name, count, locked } = conference
  const flags = [...(locked ? ['locked'] : []), 'running', 'answered', 'enforce_min', 'dynamic']
  const more = `${count} member${count === 1 ? '' : 's'} rate: ${RATE}${locked ? ' locked' : ''}`
  return `+OK Conference ${name} (${more} flags: ${[...flags, 'exit_sound', 'enter_sound'].join('|')})\n`
}

/** As cJSON prints it: tabs, or (`compact`) without any space. */
export function listJson(conferences: readonly Conference[], options: { readonly compact: boolean }): string {
  const list = conferences.map(jsonOf)
  return options.compact ? JSON.stringify(list) : JSON.stringify(list, null, '\t')
}

function flagsOf(conference: Conference, member: ConferenceMember): string {
  const flags: string[] = []
  if (!member.held && member.canHear) flags.push('hear')
  if (!member.held && !member.muted) flags.push('speak')
  if (member.held) flags.push('hold')
  if (conference.floorHolder === member) flags.push('floor')
  if (member.moderator) flags.push('moderator')
  if (member.ghost) flags.push('ghost')
  return flags.join('|')
}

function jsonOf(conference: Conference): object {
  return {
    conference_name: conference.name,
    member_count: conference.count,
    ghost_count: conference.ghosts,
    rate: RATE,
    run_time: secondsSince(conference.createdAt),
    conference_uuid: conference.uuid,
    canvas_count: 0,
    max_bw_in: 0,
    force_bw_in: 0,
    video_floor_packets: 0,
    locked: conference.locked,
    destruct: false,
    wait_mod: false,
    audio_always: false,
    running: true,
    answered: true,
    enforce_min: true,
    bridge_to: false,
    dynamic: true,
    exit_sound: true,
    enter_sound: true,
    recording: false,
    video_bridge: false,
    video_floor_only: false,
    video_rfc4579: false,
    ...(conference.maxMembers > 0 ? { max_members: conference.maxMembers } : {}),
    variables: {},
    members: conference.members.map((member) => memberJson(conference, member)),
  }
}

function memberJson(conference: Conference, member: ConferenceMember): object {
  const { caller, uuid } = member.channel
  return {
    type: 'caller',
    id: member.id,
    flags: {
      can_hear: !member.held && member.canHear,
      can_see: false,
      can_speak: !member.held && !member.muted,
      hold: member.held,
      mute_detect: member.flags.has('mute-detect'),
      talking: false,
      has_video: false,
      video_bridge: false,
      has_floor: conference.floorHolder === member,
      is_moderator: member.moderator,
      end_conference: member.flags.has('endconf'),
      mandatory_member_end_conference: false,
      pass_digits: member.flags.has('dist-dtmf'),
    },
    uuid,
    caller_id_name: caller.name,
    caller_id_number: caller.number,
    join_time: secondsSince(member.joinedAt),
    last_talking: 0,
    energy: 0,
    volume_in: 0,
    volume_out: 0,
    'output-volume': 0,
    'input-volume': 0,
  }
}

export function secondsSince(date: Date): number {
  return Math.floor((Date.now() - date.getTime()) / 1000)
}
