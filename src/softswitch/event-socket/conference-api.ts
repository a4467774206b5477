/**
 * `conference <name> <command> …`. The words of the answers are mod_conference's, mistakes included (a command with
 * wrong arguments answers its own syntax without a new line): clients look for them.
 */
import type { Conference } from '../channel/conference/conference.ts'
import type { ConferenceMember } from '../channel/conference/conference-member.ts'
import type { Relation } from '../channel/conference/hearing.ts'
import type { SwitchCore } from '../channel/switch-core.ts'
import { separateWords } from '../channel/words.ts'
import { listJson, listMembers, listPretty, secondsSince, titleOf } from './conference-list.ts'
import { type Answer, recordingCommands } from './conference-recording-api.ts'

/** A command for one member, or for each of them. @param word what stands behind the member */
type MemberCommand = (conference: Conference, member: ConferenceMember, word: string) => Answer

/** A command for the conference. @param words behind the command @returns null when they are wrong */
type RoomCommand = (conference: Conference, words: readonly string[], name: string) => Answer | null

const MEMBER_SYNTAX = '<[member_id|all]|last|non_moderator>'

interface Command<Run> {
  readonly run: Run
  readonly syntax: string
}

const MEMBER_COMMANDS: ReadonlyMap<string, Command<MemberCommand>> = new Map<string, Command<MemberCommand>>([
  ['deaf', { run: deaf, syntax: MEMBER_SYNTAX }],
  ['undeaf', { run: undeaf, syntax: MEMBER_SYNTAX }],
  ['mute', { run: mute, syntax: `${MEMBER_SYNTAX} [<quiet>]` }],
  ['tmute', { run: toggleMute, syntax: `${MEMBER_SYNTAX} [<quiet>]` }],
  ['unmute', { run: unmute, syntax: `${MEMBER_SYNTAX} [<quiet>]` }],
  ['hold', { run: hold, syntax: `${MEMBER_SYNTAX} [file]` }],
  ['unhold', { run: unhold, syntax: MEMBER_SYNTAX }],
  ['kick', { run: kick, syntax: '<[member_id|all|last|non_moderator]> [<optional sound file>]' }],
  ['hup', { run: hangUp, syntax: '<[member_id|all|last|non_moderator]>' }],
  ['dtmf', { run: sendDigits, syntax: '<[member_id|all|last|non_moderator]> <digits>' }],
  ['get-uuid', { run: (_conference, member) => member.channel.uuid, syntax: '<member_id|last>' }],
])

const ROOM_COMMANDS: ReadonlyMap<string, Command<RoomCommand>> = new Map<string, Command<RoomCommand>>([
  ['count', { run: (conference) => String(conference.count), syntax: '' }],
  ['list', { run: list, syntax: '[delim <string>]|[count]' }],
  ['json_list', { run: jsonList, syntax: '[compact]' }],
  ['play', { run: play, syntax: '<file_path> [async|<member_id> [nomux]]' }],
  ['stop', { run: stop, syntax: '<[current|all|async|last]> [<member_id>]' }],
  [
    'relate',
    { run: relate, syntax: '<member_id>[,<member_id>] <other_member_id>[,<other_member_id>] [nospeak|nohear|clear]' },
  ],
  ...recordingCommands,
  ['transfer', { run: transfer, syntax: '<conference_name> <member id> [...<member id>]' }],
  ['lock', { run: (conference, _words, name) => lock(conference, name, true), syntax: '' }],
  ['unlock', { run: (conference, _words, name) => lock(conference, name, false), syntax: '' }],
  ['get', { run: getParameter, syntax: '<parameter-name>' }],
  [
    'set',
    {
      run: setParameter,
      syntax: '<max_members|sound_prefix|caller_id_name|caller_id_number|endconference_grace_time> <value>',
    },
  ],
])

export async function conferenceApi(core: SwitchCore, argument: string): Promise<string> {
  const [name = '', command, ...words] = separateWords(argument)
  const conference = core.conferences.find(name)
  if (conference === undefined) return withoutConference(core, name, command)
  if (command === undefined) return "Conference command, not specified.\nTry 'help'\n"
  const roomCommand = ROOM_COMMANDS.get(command.toLowerCase())
  if (roomCommand !== undefined) {
    return (await roomCommand.run(conference, words, name)) ?? `${command.toLowerCase()} ${roomCommand.syntax}`
  }
  const memberCommand = MEMBER_COMMANDS.get(command.toLowerCase())
  if (memberCommand === undefined) return `-ERR Conference command '${command}' not found.\n`
  const targets = membersNamed(conference, words[0] ?? '')
  if (targets === null) return `${command.toLowerCase()} ${memberCommand.syntax}`
  if (typeof targets === 'string') return targets
  let answer = ''
  for (const member of targets) answer += await memberCommand.run(conference, member, words[1] ?? '')
  return answer
}

/** `list` and `json_list` of all conferences; whatever else begins with a name that is none. */
function withoutConference(core: SwitchCore, name: string, word: string | undefined): string {
  const all = [...core.conferences]
  switch (name.toLowerCase()) {
    case 'list': {
      if (all.length === 0) return '+OK No active conferences.\n'
      const form = word?.toLowerCase() ?? ''
      const members = (each: Conference): string =>
        form === 'summary' ? '' : form === 'pretty' ? listPretty(each) : listMembers(each, ';')
      return all.map((each) => titleOf(each) + members(each)).join('')
    }
    case 'count':
      return String(all.length)
    case 'json_list':
      return listJson(all, { compact: word === 'compact' })
    default:
      return `-ERR Conference ${name} not found\n`
  }
}

/** @returns the members, an error's text, or null when the word is none of those that name members */
function membersNamed(conference: Conference, word: string): readonly ConferenceMember[] | string | null {
  const id = Number.parseInt(word, 10) || 0
  if (id !== 0) {
    const member = conference.member(id)
    return member === undefined ? `-ERR Non-Existant ID ${id}\n` : [member]
  }
  const { members } = conference
  switch (word.toLowerCase()) {
    case 'all':
      return members
    case 'non_moderator':
      return members.filter(({ moderator }) => !moderator)
    case 'last':
      return members.toSorted((a, b) => b.id - a.id).slice(0, 1)
    default: {
      if (!word.includes('=')) return null
      const member = memberByVariable(conference, word)
      return member === undefined ? '-ERR Non-Existant member\n' : [member]
    }
  }
}

/** `name=value` of a channel's variable. */
function memberByVariable(conference: Conference, word: string): ConferenceMember | undefined {
  const at = word.indexOf('=')
  const [name, value] = [word.slice(0, at), word.slice(at + 1)]
  return conference.members.find(({ channel }) => channel.variables.get(name) === value)
}

/** A member for `play` and `stop`: by number, or by a variable. */
function memberAt(conference: Conference, word: string): ConferenceMember | undefined {
  if (word.includes('=')) return memberByVariable(conference, word)
  return conference.member(Number.parseInt(word, 10) || 0)
}

function deaf(conference: Conference, member: ConferenceMember): string {
  conference.deafen(member, true)
  return `+OK deaf ${member.id}\n`
}

function undeaf(conference: Conference, member: ConferenceMember): string {
  conference.deafen(member, false)
  return `+OK undeaf ${member.id}\n`
}

function mute(conference: Conference, member: ConferenceMember): string {
  conference.mute(member, true)
  return `+OK mute ${member.id}\n`
}

function unmute(conference: Conference, member: ConferenceMember): string {
  conference.mute(member, false)
  return `+OK unmute ${member.id}\n`
}

function toggleMute(conference: Conference, member: ConferenceMember): string {
  return member.muted ? unmute(conference, member) : mute(conference, member)
}

async function hold(conference: Conference, member: ConferenceMember, file: string): Promise<string> {
  await conference.hold(member, { file })
  return `+OK hold ${member.id}\n`
}

function unhold(conference: Conference, member: ConferenceMember): string {
  conference.unhold(member)
  return `+OK unhold ${member.id}\n`
}

function kick(conference: Conference, member: ConferenceMember): string {
  conference.kick(member)
  return `+OK kicked ${member.id}\n`
}

function hangUp(conference: Conference, member: ConferenceMember): string {
  conference.hangUp(member)
  return `+OK hup ${member.id}\n`
}

function sendDigits(conference: Conference, member: ConferenceMember, digits: string): string {
  if (digits === '') return '-ERR Invalid input!\n'
  conference.sendDigits(member, digits)
  return `+OK sent ${digits} to ${member.id}\n`
}

function list(conference: Conference, words: readonly string[]): string {
  const [form = '', delimiter] = words
  if (form.toLowerCase() === 'count') return String(conference.count)
  if (form.toLowerCase() === 'pretty') return listPretty(conference)
  const wanted = form.toLowerCase() === 'delim' ? delimiter?.replaceAll('"', '') : undefined
  return listMembers(conference, wanted === undefined || wanted === '' ? ';' : wanted)
}

function jsonList(conference: Conference, words: readonly string[]): string {
  return listJson([conference], { compact: words.length === 1 && words[0] === 'compact' })
}

async function play(conference: Conference, words: readonly string[]): Promise<string> {
  const [file, ...rest] = words
  if (file === undefined) return playSyntax()
  const missing = `-ERR (play) File: ${file} not found.\n`
  const async = rest.length > 0 && rest.length < 3 && rest.at(-1)?.toLowerCase() === 'async'
  const [target] = async ? rest.slice(0, -1) : rest
  if (target === undefined) {
    return (await conference.playToAll(file, { async })) ? `+OK (play) Playing file ${file}\n` : missing
  }
  const member = memberAt(conference, target)
  if (member === undefined) return `-ERR Member: ${target} not found.\n${playSyntax()}`
  return (await conference.playTo(member, file)) ? `+OK (play) Playing file ${file} to member ${member.id}\n` : missing
}

function playSyntax(): string {
  return `play ${ROOM_COMMANDS.get('play')?.syntax ?? ''}`
}

/** `last` stands in the syntax, and yet is refused, as on the real server. */
function stop(conference: Conference, words: readonly string[]): string | null {
  const which = (words[0] ?? 'all').toLowerCase()
  if (which !== 'current' && which !== 'all' && which !== 'async') return null
  if (words.length !== 2) return `+OK Stopped ${conference.stopPlays(which)} files.\n`
  const id = words[1] ?? ''
  const member = memberAt(conference, id)
  if (member === undefined) return `-ERR Member: ${id} not found.\n`
  return `+OK Stopped ${conference.stopPlaysTo(member, which === 'all' ? 'all' : 'current')} files.\n`
}

function relate(conference: Conference, words: readonly string[]): string | null {
  const [owners = '', others, action] = words
  if (others === undefined) return showRelations(conference, owners)
  if (action === undefined) return null
  const nospeak = action.includes('nospeak')
  const nohear = action.includes('nohear')
  if (action.toLowerCase() !== 'clear' && !nospeak && !nohear && !action.includes('sendvideo')) return null
  const relation: Relation = { speak: !nospeak, hear: !nohear }
  let answer = ''
  for (const owner of numbers(owners)) {
    for (const other of numbers(others)) {
      answer +=
        action.toLowerCase() === 'clear'
          ? clearRelation(conference, owner, other)
          : setRelation(conference, { owner, other, relation, action })
    }
  }
  return answer
}

function setRelation(
  conference: Conference,
  { owner, other, relation, action }: { owner: number; other: number; relation: Relation; action: string },
): string {
  const member = conference.member(owner)
  if (member === undefined || conference.member(other) === undefined) {
    return `-ERR relationship ${owner}->${other} not found.\n`
  }
  conference.relate(member, other, relation)
  return `+OK ${owner}->${other} ${action} set\n`
}

function clearRelation(conference: Conference, owner: number, other: number): string {
  const member = conference.member(owner)
  if (member === undefined) return `-ERR relationship ${owner}->${other} not found.\n`
  conference.relate(member, other, null)
  return `+OK relationship ${owner}->${other} cleared.\n`
}

function showRelations(conference: Conference, owners: string): string {
  if (conference.members.every(({ relations }) => relations.size === 0)) return '+OK No relationships\n'
  let answer = ''
  for (const owner of numbers(owners)) {
    for (const member of conference.members) {
      if (owner > 0 && member.id !== owner) continue
      for (const [other, { speak, hear }] of member.relations) {
        answer += `${member.id} -> ${other} ${speak ? 'SPEAK ' : 'NOSPEAK '}${hear ? 'HEAR ' : 'NOHEAR '}NOSENDVIDEO \n`
      }
    }
  }
  return answer
}

function numbers(words: string): number[] {
  return words
    .split(',')
    .filter((word) => word !== '')
    .map((word) => Number.parseInt(word, 10) || 0)
}

function transfer(conference: Conference, words: readonly string[]): string | null {
  const [to = '', ...ids] = words
  if (to === '' || ids.length === 0) return null
  let answer = ''
  for (const id of ids) {
    const member = memberAt(conference, id)
    if (member === undefined) answer += `-ERR No Member ${id} in conference ${conference.name}.\n`
    else {
      conference.transfer(member, to)
      answer += `+OK Member '${member.id}' sent to conference ${to}.\n`
    }
  }
  return answer
}

function lock(conference: Conference, name: string, locked: boolean): string {
  conference.lock(locked)
  return `+OK ${name} ${locked ? 'locked' : 'unlocked'}\n`
}

function getParameter(conference: Conference, words: readonly string[]): string | null {
  if (words.length !== 1) return null
  const values: Readonly<Record<string, string | number>> = {
    run_time: secondsSince(conference.createdAt),
    count: conference.count,
    count_ghosts: conference.ghosts,
    max_members: conference.maxMembers,
    rate: 8000,
    profile_name: conference.profile,
    is_locked: conference.locked ? 'locked' : '',
    endconference_grace_time: 0,
    uuid: conference.uuid,
    wait_mod: '',
  }
  const name = (words[0] ?? '').toLowerCase()
  return Object.hasOwn(values, name) ? String(values[name]) : null
}

/** Answers the value before. */
function setParameter(conference: Conference, words: readonly string[]): string | null {
  const [name = '', value = ''] = words
  const limit = Number.parseInt(value, 10) || 0
  if (words.length !== 2 || name.toLowerCase() !== 'max_members' || limit < 0) return null
  const before = String(conference.maxMembers)
  conference.maxMembers = limit
  return before
}
