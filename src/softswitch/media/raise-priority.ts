import { constants, platform, setPriority } from 'node:os'

/**
 * A packet that is late is heard; nothing else that this machine does is so pressing. On Linux the priority is the
 * calling thread's own, and that of the threads it starts. Where it is not allowed, it stays.
 */
export function raisePriority(): void {
  if (platform() !== 'linux') return
  try {
    setPriority(constants.priority.PRIORITY_HIGH)
  } catch {
    // Only the superuser may.
  }
}
