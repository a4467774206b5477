import { describe, expect, it } from 'vitest'
import { withoutStrangeDigests } from './sip-socket.ts'

const answer = (status: string, ...challenges: string[]) =>
  [`SIP/2.0 ${status}`, 'CSeq: 1 REGISTER', ...challenges, 'Content-Length: 0', '', ''].join('\r\n')
const digest = (algorithm: string) => `WWW-Authenticate: Digest realm="suifang", nonce="n", ${algorithm}qop="auth"`

describe('challenges that JsSIP reads', () => {
  it('are those by MD5 alone where there is one, whatever stands before it', () => {
    const both = answer('401 Unauthorized', digest('algorithm=SHA-256, '), digest('algorithm=MD5, '))
    expect(withoutStrangeDigests(both)).toBe(answer('401 Unauthorized', digest('algorithm=MD5, ')))
  })

  it('are all of them where none is by MD5: who is refused shall hear it', () => {
    const strange = answer('401 Unauthorized', digest('algorithm=SHA-256, '))
    expect(withoutStrangeDigests(strange)).toBe(strange)
  })

  it('keep one that names no algorithm, which means MD5', () => {
    const plain = answer('407 Proxy Authentication Required', digest(''))
    expect(withoutStrangeDigests(plain)).toBe(plain)
  })

  it('leave every other message as it is', () => {
    const ok = answer('200 OK', digest('algorithm=SHA-256, '))
    expect(withoutStrangeDigests(ok)).toBe(ok)
  })
})
