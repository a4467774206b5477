/** `tone_detect`, `stop_tone_detect`, and what needs a voice that is not there: `say`, `speak`. */
import type { Channel } from '../channel.ts'
import { separateWords } from '../words.ts'

/** `<key> <frequencies> [<flags> <+seconds> <application> <argument> <hits>]`. */
export function toneDetect(channel: Channel, argument: string): void {
  const [key = '', tones, flags = '', timeout = '', application, data, last] = separateWords(argument)
  if (tones === undefined) return
  // Without an argument for an application the fifth word is the number of hits, as on the real server.
  const hits = application !== undefined && data !== undefined ? last : application
  channel.tones.start({
    key,
    tones,
    flags,
    hits: Math.max(0, Number.parseInt(hits ?? '', 10) || 0),
    seconds: timeout.startsWith('+') ? Math.max(0, Number.parseInt(timeout.slice(1), 10) || 0) : 0,
    application: application ?? '',
    argument: data ?? '',
  })
}

export function stopToneDetect(channel: Channel): void {
  channel.tones.stop()
}

/** No language is installed: nothing is said. */
export function say(): void {}

/** No engine is installed. One that is not even named ends the channel. */
export function speak(channel: Channel, argument: string): void {
  if (argument === '') return
  const words = argument.split('|', 3)
  const engine = words.length === 3 ? words[0] : channel.variables.get('tts_engine')
  const voice = words.length >= 2 ? words.at(-2) : channel.variables.get('tts_voice')
  if (!engine || !voice) void channel.hangUp('DESTINATION_OUT_OF_ORDER')
}
