/** Keys of SRTP in session descriptions (RFC 4568): the a=crypto lines of an offer and of its answer. */
import { randomBytes } from 'node:crypto'
import { SRTP_KEY_BYTES, type SrtpKeys, type SrtpSuite } from './srtp.ts'

/** Most wanted first. */
const SUITES: readonly SrtpSuite[] = ['AES_CM_128_HMAC_SHA1_80', 'AES_CM_128_HMAC_SHA1_32']

/** Our keys for the life of a dialog, one for each suite: a new description of the same stream says them again. */
export type SdesKeys = readonly SrtpKeys[]

export interface SdesLine extends SrtpKeys {
  readonly tag: string
}

export function newSdesKeys(): SdesKeys {
  return SUITES.map((suite) => ({ suite, key: randomBytes(SRTP_KEY_BYTES).toString('base64') }))
}

/** The a=crypto attribute of one of our keys, without `a=`. */
export function writeCrypto({ tag, suite, key }: SdesLine): string {
  return `crypto:${tag} ${suite} inline:${key}`
}

/**
 * The first line of a description that we can take. One with session parameters or a master key identifier is not: the
 * first would change what the packets look like (RFC 4568 section 6.3: then the line is not to be taken), the second
 * puts a field into each of them. A lifetime is; a call of 2³¹ packets lasts a year.
 */
export function takenCrypto(attributes: readonly string[]): SdesLine | null {
  for (const attribute of attributes) {
    const [, tag = '', name = '', key = ''] =
      /^crypto:(\d{1,9}) +(\w+) +inline:([A-Za-z0-9+/]{40})={0,2}(?:\|(?:2\^)?\d+)?\s*$/i.exec(attribute) ?? []
    const suite = SUITES.find((ours) => ours === name.toUpperCase())
    if (suite !== undefined) return { tag, suite, key }
  }
  return null
}
