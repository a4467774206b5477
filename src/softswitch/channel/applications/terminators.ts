/** Keys that end a play or a recording (`playback_terminators`). */
import type { Channel } from '../channel.ts'
import type { ExecuteFrame } from '../execute-stack.ts'

/** Takes every digit while the frame is the innermost one; a terminator is noted and ends it. */
export function takeTerminators(channel: Channel, frame: ExecuteFrame, end: () => void): void {
  channel.variables.set('playback_terminator_used', null)
  frame.onDigit = (digit) => {
    if (terminatorsOf(channel).includes(digit)) {
      channel.variables.set('playback_terminator_used', digit)
      end()
    }
    return true
  }
}

/** `*` when unset, as on the real server. */
function terminatorsOf(channel: Channel): string {
  const wanted = channel.variables.get('playback_terminators') ?? '*'
  if (wanted.toLowerCase() === 'any') return '1234567890*#'
  return wanted.toLowerCase() === 'none' ? '' : wanted
}
