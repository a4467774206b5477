/**
 * One conference: its members, what each may do, what is played, and what is told of it (`conference::maintenance`).
 * It begins with the first member and is gone with the last.
 *
 * Behaviour and words are mod_conference's of FreeSWITCH 1.11.1 with the profile that production runs: 8 kHz, 20 ms,
 * energy level 0, no sounds of its own, no caller controls.
 */
import { randomUUID } from 'node:crypto'
import type { MediaRoom, RoomPlay, RoomPlayTarget } from '../../media/media-room.ts'
import { addBasicChannelHeaders } from '../channel-event.ts'
import { DEFAULT_DIGIT } from '../digit-string.ts'
import type { SwitchCore } from '../switch-core.ts'
import type { SwitchEvent } from '../switch-event.ts'
import type { ConferenceMember } from './conference-member.ts'
import { ConferenceRecordings } from './conference-recordings.ts'
import { hears, type Relation } from './hearing.ts'

export const MAINTENANCE = 'conference::maintenance'
/** The profile that production has; another name gives a conference without one. */
const PROFILES: ReadonlySet<string> = new Set(['default'])

/** A file that is being played, for `stop` and for what is told at its end. */
interface Playing {
  readonly play: RoomPlay
  readonly async: boolean
}

export class Conference {
  readonly core: SwitchCore
  readonly name: string
  readonly uuid = randomUUID()
  readonly profile: string
  readonly createdAt = new Date()
  locked = false
  /** 0 = no limit. */
  maxMembers = 0
  readonly recordings: ConferenceRecordings
  readonly #room: MediaRoom
  readonly #gone: () => void
  /** Oldest first. */
  readonly #members: ConferenceMember[] = []
  readonly #memberships = new Map<ConferenceMember, number>()
  readonly #plays: Playing[] = []
  #floorHolder: ConferenceMember | null = null
  /** With fewer members it ends, once it has had as many. */
  #least = 1
  #leastReached = false
  #over = false

  constructor(core: SwitchCore, of: { name: string; profile: string; gone: () => void }) {
    this.core = core
    this.name = of.name
    this.profile = PROFILES.has(of.profile) ? of.profile : 'none'
    this.#gone = of.gone
    this.#room = core.settings.media.openRoom()
    this.recordings = new ConferenceRecordings({
      room: this.#room,
      resolve: (path) => this.#resolve(path),
      listenersChanged: () => this.#applyHearing(),
      tell: (action, fill) => this.#fire(action, fill),
    })
    this.#fire('conference-create')
  }

  /** Newest first, as the real server walks through them. */
  get members(): readonly ConferenceMember[] {
    return this.#members.toReversed()
  }

  /** Members that count. */
  get count(): number {
    return this.#members.filter(({ ghost }) => !ghost).length
  }

  get ghosts(): number {
    return this.#members.length - this.count
  }

  get floorHolder(): ConferenceMember | null {
    return this.#floorHolder
  }

  member(id: number): ConferenceMember | undefined {
    return this.#members.find((member) => member.id === id)
  }

  /** The member is in the room before it is told of. */
  add(member: ConferenceMember): void {
    this.#members.push(member)
    this.#memberships.set(member, this.#room.join(member.channel.leg))
    if (member.flags.has('mintwo')) this.#least = 2
    if (this.count >= this.#least) this.#leastReached = true
    const { variables } = member.channel
    variables.set('conference_name', this.name)
    variables.set('conference_member_id', member.id)
    variables.set('conference_moderator', String(member.moderator))
    variables.set('conference_ghost', String(member.ghost))
    variables.set('conference_uuid', this.uuid)
    this.#applyHearing()
    this.#fireOf(member, 'add-member')
    this.#passFloor()
  }

  /**
   * Takes a member out. Its own relations end with it; what others have said about its number stays, as on the real
   * server.
   */
  remove(member: ConferenceMember): void {
    const membership = this.#memberships.get(member)
    if (membership === undefined) return
    if (this.#floorHolder === member) this.#dropFloor()
    this.#memberships.delete(member)
    this.#members.splice(this.#members.indexOf(member), 1)
    this.#room.leave(member.channel.leg, membership)
    for (const play of member.plays.splice(0)) play.stop()
    member.relations.clear()
    this.#applyHearing()
    const ends = member.flags.has('endconf') || (this.#leastReached && this.#members.length < this.#least)
    this.#fireOf(member, 'del-member')
    member.markLeft()
    if (ends || this.#members.length === 0) this.#end()
    else this.#passFloor()
  }

  mute(member: ConferenceMember, muted: boolean): void {
    member.muted = muted
    this.#applyHearing()
    this.#fireOf(member, muted ? 'mute-member' : 'unmute-member')
  }

  deafen(member: ConferenceMember, deaf: boolean): void {
    member.deaf = deaf
    this.#applyHearing()
    this.#fireOf(member, deaf ? 'deaf-member' : 'undeaf-member')
  }

  /** Nobody hears the member; what it hears does not change. @param options.file is played to it meanwhile */
  async hold(member: ConferenceMember, options: { readonly file: string }): Promise<void> {
    member.held = true
    this.#applyHearing()
    if (options.file !== '') await this.#start(options.file, member)
    this.#fireOf(member, 'hold-member')
  }

  unhold(member: ConferenceMember): void {
    member.held = false
    this.#applyHearing()
    for (const play of member.plays) play.stop()
    this.#fireOf(member, 'unhold-member')
  }

  /** Sets what `owner` may do towards another member, or (null) forgets about it. */
  relate(owner: ConferenceMember, other: number, relation: Relation | null): void {
    if (relation === null) owner.relations.delete(other)
    else owner.relations.set(other, relation)
    this.#applyHearing()
  }

  /** Out of the room, with whatever it was executing inside it. */
  kick(member: ConferenceMember): void {
    this.#fireOf(member, 'kick-member')
    member.channel.breakAbove('conference')
    this.remove(member)
  }

  /** Out of the room; what it executes inside it goes on. */
  hangUp(member: ConferenceMember): void {
    this.#fireOf(member, 'hup-member')
    this.remove(member)
  }

  /** Out of this conference and into another, by its name or `name@profile`. */
  transfer(member: ConferenceMember, to: string): void {
    const { channel } = member
    channel.route.transfer([['conference', to.includes('@') ? to : `${to}@default`]])
    channel.variables.set('last_transfered_conference', to.split('@')[0])
    this.#fireOf(member, 'transfer', (event) => {
      event.add('Old-Conference-Name', this.name)
      event.add('New-Conference-Name', to)
    })
  }

  lock(locked: boolean): void {
    this.locked = locked
    this.#fire(locked ? 'lock' : 'unlock')
  }

  /** Keys that the member's far end is sent. */
  sendDigits(member: ConferenceMember, digits: string): void {
    member.channel.leg.press([...digits.toUpperCase()].map((digit) => ({ digit, durationSamples: DEFAULT_DIGIT })))
    this.#fireOf(member, 'dtmf-member', (event) => event.add('Digits', digits))
  }

  /** Plays to everybody who hears. @returns false when it cannot be played */
  async playToAll(file: string, options: { readonly async: boolean }): Promise<boolean> {
    const started = await this.#start(file, options.async ? 'aside' : 'all')
    this.#fire('play-file', (event) => {
      event.add('File', file)
      event.add('Async', String(options.async))
      if (!started) event.add('Error', 'File could not be played')
    })
    return started
  }

  /** Plays to one member, deaf or not, above what it hears. @returns false when it cannot be played */
  async playTo(member: ConferenceMember, file: string): Promise<boolean> {
    const started = await this.#start(file, member)
    if (started) this.#fireOf(member, 'play-file-member', (event) => event.add('File', file))
    return started
  }

  /** @returns how many were stopped */
  stopPlays(which: 'current' | 'all' | 'async'): number {
    const queued = this.#plays.filter(({ async }) => !async)
    const aside = this.#plays.filter(({ async }) => async)
    const chosen = which === 'async' ? aside : which === 'current' ? queued.slice(0, 1) : [...queued, ...aside]
    for (const { play } of chosen) play.stop()
    return chosen.length
  }

  /** @returns how many were stopped */
  stopPlaysTo(member: ConferenceMember, which: 'current' | 'all'): number {
    const chosen = which === 'all' ? [...member.plays] : member.plays.slice(0, 1)
    for (const play of chosen) play.stop()
    return chosen.length
  }

  async #start(file: string, to: ConferenceMember | 'all' | 'aside'): Promise<boolean> {
    const target: RoomPlayTarget | undefined = typeof to === 'string' ? to : this.#memberships.get(to)
    if (target === undefined || this.#over) return false
    const play = this.#room.play(this.#resolve(file), target)
    const playing = { play, async: to === 'aside' }
    if (typeof to === 'string') this.#plays.push(playing)
    else to.plays.push(play)
    const started = await play.started
    void play.ended.then((samples) => {
      if (typeof to === 'string') this.#plays.splice(this.#plays.indexOf(playing), 1)
      else if (to.plays.includes(play)) to.plays.splice(to.plays.indexOf(play), 1)
      if (started && !this.#over) this.#tellPlayed(file, samples, { to, async: playing.async })
    })
    return started
  }

  #tellPlayed(
    file: string,
    samples: number,
    { to, async }: { to: ConferenceMember | 'all' | 'aside'; async: boolean },
  ): void {
    const fill = (event: SwitchEvent): void => {
      event.add('seconds', Math.floor(samples / 8000))
      event.add('milliseconds', Math.floor(samples / 8))
      event.add('samples', samples)
      event.add('File', file)
      if (async) event.add('Async', 'true')
    }
    if (typeof to === 'string') this.#fire('play-file-done', fill)
    else if (this.#memberships.has(to)) this.#fireOf(to, 'play-file-member-done', fill)
    else this.#fire('play-file-member-done', fill)
  }

  /** A relative path begins where those of channels do. */
  #resolve(file: string): string {
    const [parameters = ''] = /^(\{[^}]*\} *)*/.exec(file) ?? []
    const path = file.slice(parameters.length)
    return path.startsWith('/') || path.includes('://') ? file : `${parameters}${this.core.settings.baseFolder}/${path}`
  }

  #applyHearing(): void {
    const numbersOf = (members: readonly ConferenceMember[]) =>
      members.map((member) => this.#memberships.get(member) ?? 0)
    const spoken = numbersOf(this.#members.filter(({ canSpeak }) => canSpeak))
    this.#room.setHearing([
      ...this.#members.map((listener) => ({
        member: this.#memberships.get(listener) ?? 0,
        hears: numbersOf(this.#members.filter((speaker) => hears(listener, speaker))),
        hearsPlays: listener.canHear,
      })),
      ...this.recordings.listeners.map((member) => ({ member, hears: spoken, hearsPlays: true })),
    ])
  }

  /** Somebody always has the floor: the newest member when its holder has left. */
  #passFloor(): void {
    const next = this.members[0]
    if (this.#floorHolder !== null || next === undefined) return
    this.#floorHolder = next
    this.#fireOf(next, 'floor-change', (event) => {
      event.add('Old-ID', 'none')
      event.add('New-ID', next.id)
    })
  }

  #dropFloor(): void {
    this.#floorHolder = null
    this.#fire('floor-change', (event) => {
      event.add('Old-ID', 'none')
      event.add('New-ID', 'none')
    })
  }

  /** Whoever is left is hung up, unless its channel says otherwise (`hangup_after_conference=false`). */
  #end(): void {
    if (this.#over) return
    this.#over = true
    for (const member of this.members) {
      const wish = member.channel.variables.get('hangup_after_conference')
      if (wish === undefined || member.channel.variables.isTrue('hangup_after_conference')) {
        void member.channel.hangUp('NORMAL_CLEARING')
      }
      this.remove(member)
    }
    for (const { play } of this.#plays) play.stop()
    void this.recordings.close().then(() => this.#room.close())
    this.#gone()
    this.#fire('conference-destroy')
  }

  #fire(action: string, fill?: (event: SwitchEvent) => void): void {
    this.core.bus.fire(
      'CUSTOM',
      (event) => {
        this.#addConference(event)
        event.add('Action', action)
        fill?.(event)
      },
      { subclass: MAINTENANCE },
    )
  }

  #fireOf(member: ConferenceMember, action: string, fill?: (event: SwitchEvent) => void): void {
    this.core.bus.fire(
      'CUSTOM',
      (event) => {
        this.#addConference(event)
        event.add('Floor', String(this.#floorHolder === member))
        addBasicChannelHeaders(event, member.channel)
        event.add('Video', 'false')
        event.add('Hear', String(member.canHear))
        event.add('See', 'true')
        event.add('Speak', String(!member.muted))
        event.add('Talking', 'false')
        event.add('Mute-Detect', String(member.flags.has('mute-detect')))
        event.add('Hold', String(member.held))
        event.add('Member-ID', member.id)
        event.add('Member-Type', member.moderator ? 'moderator' : 'member')
        event.add('Member-Ghost', String(member.ghost))
        event.add('Energy-Level', 0)
        event.add('Current-Energy', 0)
        event.add('Action', action)
        fill?.(event)
      },
      { subclass: MAINTENANCE, channel: member.channel.uuid },
    )
  }

  #addConference(event: SwitchEvent): void {
    event.add('Conference-Name', this.name)
    event.add('Conference-Domain', this.core.settings.address)
    event.add('Conference-Size', this.count)
    event.add('Conference-Ghosts', this.ghosts)
    event.add('Conference-Profile-Name', this.profile)
    event.add('Conference-Unique-ID', this.uuid)
  }
}
