/** The argument of the application `conference`: `name[@profile][+pin][+flags{mute|deaf|…}]`. */

export interface JoinOrder {
  readonly name: string
  /** As asked for; `default` when nothing is. */
  readonly profile: string
  /** Empty: none is wanted. */
  readonly pin: string
  /** In lower case. */
  readonly flags: ReadonlySet<string>
}

const FLAGS_PREFIX = '+flags{'
/** As many as the real server reads; it forgets the rest. */
const MOST_FLAGS = 10

/**
 * Reads the argument as mod_conference does: the flags are cut off first, then the pin at the first `+`, then the
 * profile at the last `@`.
 * @param variable the channel's `conference_member_flags`, which count too
 * @returns null when there is no name
 */
export function parseJoin(argument: string, variable = ''): JoinOrder | null {
  const flagsAt = argument.indexOf(FLAGS_PREFIX)
  const given = flagsAt < 0 ? '' : (argument.slice(flagsAt + FLAGS_PREFIX.length).split('}')[0] ?? '')
  const [room = '', ...pins] = (flagsAt < 0 ? argument : argument.slice(0, flagsAt)).split('+')
  const wanted = room.replace(/^ +/, '')
  const profileAt = wanted.lastIndexOf('@')
  const name = profileAt < 0 ? wanted : wanted.slice(0, profileAt)
  if (name === '') return null
  const flags = [...given.split(/[|,]/), ...variable.split(/[|,]/)].filter((flag) => flag !== '').slice(0, MOST_FLAGS)
  return {
    name,
    profile: profileAt < 0 ? 'default' : wanted.slice(profileAt + 1),
    pin: pins.join('+'),
    flags: new Set(flags.map((flag) => flag.toLowerCase())),
  }
}
