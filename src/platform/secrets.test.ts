import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openSecrets, secretsOf } from './secrets.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'suifang-secrets-'))
})
afterEach(() => rm(folder, { recursive: true }))

const key = Buffer.alloc(32, 7)

test('what is encrypted is read again, and looks different each time', () => {
  const secrets = secretsOf(key)
  const sealed = secrets.encrypt('13800138000 张三')
  expect(secrets.decrypt(sealed)).toBe('13800138000 张三')
  expect(secrets.encrypt('13800138000 张三')).not.toEqual(sealed)
})

test('the same number has the same HMAC under one key only', () => {
  expect(secretsOf(key).hmacPhone('+8613800138000')).toEqual(secretsOf(key).hmacPhone('+8613800138000'))
  expect(secretsOf(Buffer.alloc(32, 8)).hmacPhone('+8613800138000')).not.toEqual(
    secretsOf(key).hmacPhone('+8613800138000'),
  )
})

test('a changed byte anywhere is noticed', () => {
  const sealed = secretsOf(key).encrypt('x')
  for (let at = 0; at < sealed.length; at += 1) {
    const changed = Buffer.from(sealed)
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at)
    expect(() => secretsOf(key).decrypt(changed)).toThrow(expect.objectContaining({ code: 'SECRET_UNREADABLE' }))
  }
  expect(() => secretsOf(key).decrypt(Buffer.alloc(3, 1))).toThrow(
    expect.objectContaining({ code: 'SECRET_UNREADABLE' }),
  )
})

test('the key file is made once, for us alone, and kept', async () => {
  const first = await openSecrets(folder)
  const again = await openSecrets(folder)
  expect(again.decrypt(first.encrypt('x'))).toBe('x')
  expect((await stat(join(folder, 'secret.key'))).mode & 0o777).toBe(0o600)
})

test('two first starters end with one key', async () => {
  const opened = await Promise.all([openSecrets(folder), openSecrets(folder)])
  expect(opened[0].fingerprint).toBe(opened[1].fingerprint)
})

test('a key given from outside replaces the file, and none is made', async () => {
  const secrets = await openSecrets(folder, key)
  expect(secrets.fingerprint).toBe(secretsOf(key).fingerprint)
  await expect(readFile(join(folder, 'secret.key'))).rejects.toThrow('ENOENT')
})

test('a broken key file is told, not replaced', async () => {
  await writeFile(join(folder, 'secret.key'), 'half a k')
  await expect(openSecrets(folder)).rejects.toMatchObject({ code: 'SECRET_KEY_BROKEN' })
})
