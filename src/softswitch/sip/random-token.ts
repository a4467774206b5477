import { randomFillSync } from 'node:crypto'

const pool = Buffer.alloc(4_096)
let at = pool.length

/** So many random bytes in hexadecimal. Drawn from the system many at a time: a draw costs the same for one or thousands. */
export function randomToken(bytes: number): string {
  if (at + bytes > pool.length) {
    randomFillSync(pool)
    at = 0
  }
  at += bytes
  return pool.toString('hex', at - bytes, at)
}
