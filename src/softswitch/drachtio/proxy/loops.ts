/**
 * Requests that come back as they left (RFC 5393 §4). A loop returns while its first passage is still under way, so nothing
 * needs to be written into the branch: what is under way here is known.
 */
import { createHash } from 'node:crypto'
import type { SipRequest } from '#softswitch/sip/sip-message.ts'

/** What changes from hop to hop without saying where to go next. By anything else an application may decide. */
const underWayOnly = new Set(['via', 'max-forwards', 'max-breadth', 'record-route', 'path', 'content-length'])

export class Loops {
  /** How often each is under way: two forks of somebody else's may be alike, and are no loop. */
  readonly #underWay = new Map<string, number>()

  /**
   * Notes a request that is to be passed on.
   * @param hasBeenHere one of its Via values is ours
   * @returns what takes the note back; undefined when it is a loop, for which the answer is 482
   */
  enter(request: SipRequest, hasBeenHere: boolean): (() => void) | undefined {
    const key = keyOf(request)
    const times = this.#underWay.get(key) ?? 0
    if (hasBeenHere && times > 0) return undefined
    this.#underWay.set(key, times + 1)
    return () => {
      const left = (this.#underWay.get(key) ?? 1) - 1
      if (left > 0) this.#underWay.set(key, left)
      else this.#underWay.delete(key)
    }
  }
}

function keyOf(request: SipRequest): string {
  const hash = createHash('sha256').update(`${request.method} ${request.uri}\n`)
  for (const [name, value] of request.headers) {
    const key = name.toLowerCase()
    if (!underWayOnly.has(key)) hash.update(`${key}:${value}\n`)
  }
  return hash.update(request.body).digest('base64')
}
