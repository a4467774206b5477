import { expect, test } from 'vitest'
import { answersDigest, challenges, digestResponse, readDigestAnswer } from './digest.ts'

/** RFC 7616 §3.9.1. */
const mufasa = {
  username: 'Mufasa',
  realm: 'http-auth@example.org',
  nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
  uri: '/dir/index.html',
  cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
  nc: '00000001',
}
const md5 = '8ca523f5e9506fed4657c9700eebdbec'
const sha256 = '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'

const header = (change: Readonly<Record<string, string | null>> = {}) => {
  const fields = {
    username: '"8001"',
    realm: '"suifang"',
    nonce: '"abc"',
    uri: '"sip:host"',
    response: `"${md5}"`,
    algorithm: 'MD5',
    cnonce: '"x\\"y,z"',
    qop: 'auth',
    nc: '0000000a',
    ...change,
  }
  const given = Object.entries(fields).filter(([, value]) => value !== null)
  return `Digest ${given.map(([name, value]) => `${name}=${value}`).join(', ')}`
}

test('the response is the one of the RFC’s example, for both algorithms', () => {
  expect(digestResponse({ ...mufasa, algorithm: 'MD5' }, 'GET', 'Circle of Life')).toBe(md5)
  expect(digestResponse({ ...mufasa, algorithm: 'SHA-256' }, 'GET', 'Circle of Life')).toBe(sha256)
})

test('only the password that was meant answers', () => {
  const answer = { ...mufasa, algorithm: 'SHA-256', response: sha256 } as const
  expect(answersDigest(answer, 'GET', 'Circle of Life')).toBe(true)
  expect(answersDigest(answer, 'GET', 'Circle of life')).toBe(false)
  expect(answersDigest(answer, 'REGISTER', 'Circle of Life')).toBe(false)
})

test('an answer is read with its quotes and escapes, in any order and case', () => {
  expect(readDigestAnswer(header())).toEqual({
    username: '8001',
    realm: 'suifang',
    nonce: 'abc',
    uri: 'sip:host',
    response: md5,
    algorithm: 'MD5',
    cnonce: 'x"y,z',
    nc: '0000000a',
  })
  expect(readDigestAnswer(header({ qop: '"auth"', algorithm: '"md5"' }).replace('Digest', 'digest'))).not.toBeNull()
  expect(readDigestAnswer(header({ algorithm: null }))?.algorithm).toBe('MD5')
})

test.each([
  ['another scheme', 'Basic YWJj'],
  ['no qop, so that nothing would count its uses', header({ qop: null })],
  ['a qop that covers what a REGISTER has not', header({ qop: 'auth-int' })],
  ['an algorithm that was not offered', header({ algorithm: 'MD5-sess' })],
  ['a response of the wrong length', header({ response: '"8ca5"' })],
  ['a response that is not hexadecimal', header({ response: `"${'z'.repeat(32)}"` })],
  ['a count of zero', header({ nc: '00000000' })],
  ['a count that is not eight digits', header({ nc: '1' })],
  ['a name given twice', `${header()}, username="8002"`],
  ['no cnonce', header({ cnonce: null })],
  ['an open quote', header({ username: '"8001' })],
  ['something endless', header({ cnonce: `"${'x'.repeat(3_000)}"` })],
])('%s is not read', (_, text) => {
  expect(readDigestAnswer(text)).toBeNull()
})

test('both algorithms are offered, the better one first; an old nonce is said to be old', () => {
  expect(challenges('suifang', 'n', { stale: true })).toEqual([
    'Digest realm="suifang", nonce="n", algorithm=SHA-256, qop="auth", stale=true',
    'Digest realm="suifang", nonce="n", algorithm=MD5, qop="auth", stale=true',
  ])
  expect(challenges('suifang', 'n', { stale: false }).join()).not.toContain('stale')
})
