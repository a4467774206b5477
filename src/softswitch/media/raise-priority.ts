/**
 * A packet that is late is heard; nothing else that this machine does is so pressing. Linux alone is asked for more than
 * an even share, and where it does not allow it (it takes the superuser, CAP_SYS_NICE or RLIMIT_RTPRIO) all stays as it is.
 */
import { execFile } from 'node:child_process'
import { readlinkSync } from 'node:fs'
import { constants, platform, setPriority } from 'node:os'
import { promisify } from 'node:util'

const LIMIT_MS = 1_000

/**
 * A larger share for the calling thread and those that it starts, beside others of the same session (sched_autogroup:
 * beside other sessions' processes a nice value says nothing).
 */
export function raisePriority(): void {
  if (platform() !== 'linux') return
  try {
    setPriority(constants.priority.PRIORITY_HIGH)
  } catch {
    // Only the superuser may.
  }
}

/**
 * Has the calling thread, and none that it starts, run as soon as it wakes: SCHED_RR at its lowest priority (FreeSWITCH
 * takes real-time priority, too). An ordinary thread waits for others' time slices, whatever its nice value: 4 ms a time
 * with a scheduler that ticks 250 times a second. The kernel leaves others a twentieth of the time.
 * @returns whether it does
 */
export async function runInRealTime(): Promise<boolean> {
  if (platform() !== 'linux') return false
  try {
    const thread = readlinkSync('/proc/thread-self').split('/').at(-1) ?? ''
    await promisify(execFile)('chrt', ['-R', '-r', '-p', '1', thread], { timeout: LIMIT_MS })
    return true
  } catch {
    return false
  }
}
