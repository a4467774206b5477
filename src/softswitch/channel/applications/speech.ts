/**
 * `say`, `speak`, `phrase`: production's FreeSWITCH has no module that speaks, and neither is there one here. They
 * complete and nothing is heard, as there; but one: `speak` without an engine and a voice hangs the channel up.
 */
import type { Channel } from '../channel.ts'

export function say(): void {}

/** Argument: `<engine>|<voice>|<text>`. */
export function speak(channel: Channel, argument: string): void {
  if (argument !== '' && argument.split('|').length < 2) void channel.hangUp('DESTINATION_OUT_OF_ORDER')
}

export function phrase(channel: Channel): void {
  channel.variables.set('current_application_response', 'UNKNOWN ERROR')
}
