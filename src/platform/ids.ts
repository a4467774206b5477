import { randomFillSync } from 'node:crypto'

const pool = Buffer.alloc(8 * 512)
let poolAt = pool.length
let lastMs = 0
let counter = 0

/**
 * A new UUIDv7: sorts by time of creation, strictly rising within this process.
 *
 * The 12 bits after the version are a counter within the millisecond, started at random below half its range; when
 * it runs over, the next millisecond is borrowed (RFC 9562 §6.2, method 1).
 */
export function newId(): string {
  const nowMs = Date.now()
  if (nowMs > lastMs) {
    lastMs = nowMs
    counter = random().readUInt16BE(0) & 0x7ff
  } else if (++counter > 0xfff) {
    lastMs += 1
    counter = 0
  }
  const time = lastMs.toString(16).padStart(12, '0')
  const high = (0x7000 | counter).toString(16)
  const rest = random()
  const variant = (0x8000 | (rest.readUInt16BE(0) & 0x3fff)).toString(16)
  return `${time.slice(0, 8)}-${time.slice(8)}-${high}-${variant}-${rest.toString('hex', 2, 8)}`
}

/** When an id was made, to the millisecond. */
export function madeAt(id: string): Date {
  return new Date(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16))
}

/** Eight fresh random bytes, valid until the next call; drawn in bulk, since each draw is a system call. */
function random(): Buffer {
  if (poolAt >= pool.length) {
    randomFillSync(pool)
    poolAt = 0
  }
  poolAt += 8
  return pool.subarray(poolAt - 8, poolAt)
}
