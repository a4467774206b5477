import { X509Certificate } from 'node:crypto'
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock, virtualClock } from '#platform/clock.ts'
import { type CertificateOptions, openCertificate, type ServerCertificate } from './certificate.ts'

let dataDir: string
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'suifang-certificate-'))
})
afterEach(async () => {
  await rm(dataDir, { recursive: true, force: true })
})

const names = ['localhost', 'follow-up.hospital.example', '10.0.0.5', 'fd00::5']

async function own(options: Partial<CertificateOptions> = {}): Promise<ServerCertificate> {
  const certificate = await openCertificate({
    bind: '0.0.0.0',
    given: null,
    dataDir,
    clock: systemClock,
    names,
    ...options,
  })
  if (certificate === null) throw new Error('no certificate')
  return certificate
}

test.each(['127.0.0.1', '127.9.9.9', '::1', 'localhost'])('a console at %s needs none', async (bind) => {
  expect(await openCertificate({ bind, given: null, dataDir, clock: systemClock })).toBeNull()
})

test('a console on loopback has one of its own when it is told to', async () => {
  expect((await own({ bind: '127.0.0.1', evenOnLoopback: true })).selfSigned).toBe(true)
})

test('one that others reach has its own, for every name and address of the machine, the key for its owner alone', async () => {
  const { cert, key, selfSigned, fingerprint, expiresAt } = await own({ bind: '10.0.0.9' })
  const read = new X509Certificate(cert)
  for (const name of ['localhost', 'follow-up.hospital.example']) expect(read.checkHost(name)).toBe(name)
  for (const address of ['10.0.0.5', 'fd00::5', '10.0.0.9']) expect(read.checkIP(address)).toBeDefined()
  expect(read.checkIP('10.0.0.6')).toBeUndefined()
  expect(read.ca).toBe(false)
  expect(selfSigned).toBe(true)
  expect(fingerprint).toMatch(/^(?:[0-9A-F]{2}:){31}[0-9A-F]{2}$/)
  const days = (expiresAt.getTime() - Date.now()) / 86_400_000
  expect(days).toBeGreaterThan(700)
  expect(days).toBeLessThan(825)
  for (const file of ['key.pem', 'cert.pem']) {
    expect((await stat(join(dataDir, 'tls', file))).mode & 0o777).toBe(0o600)
  }
  expect(await readFile(join(dataDir, 'tls/key.pem'), 'utf8')).toBe(key)
})

test('without being told it is for what the machine says of itself', async () => {
  const made = await openCertificate({ bind: '0.0.0.0', given: null, dataDir, clock: systemClock })
  expect(new X509Certificate(made?.cert ?? '').checkIP('127.0.0.1')).toBe('127.0.0.1')
})

test('it stays the same over starts, until the machine is called otherwise or it is about to end', async () => {
  const first = await own()
  expect((await own()).fingerprint).toBe(first.fingerprint)
  const renamed = await own({ names: [...names, '10.0.0.6'] })
  expect(renamed.fingerprint).not.toBe(first.fingerprint)
  expect((await own()).fingerprint).toBe(renamed.fingerprint)
  const later = virtualClock(new Date(Date.now() + 800 * 86_400_000))
  expect((await own({ clock: later })).fingerprint).not.toBe(renamed.fingerprint)
})

test('a key that does not fit, or is broken, is made anew with its certificate', async () => {
  const first = await own()
  await writeFile(join(dataDir, 'tls/key.pem'), 'no key')
  const second = await own()
  expect(second.fingerprint).not.toBe(first.fingerprint)
  expect((await own()).fingerprint).toBe(second.fingerprint)
})

test('a browser and this server understand each other with it', async () => {
  const { cert, key } = await own()
  const server = createServer({ cert, key }, (_, response) => response.end('here'))
  const { promise: listening, resolve } = Promise.withResolvers<number>()
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    resolve(typeof address === 'string' ? 0 : (address?.port ?? 0))
  })
  const port = await listening
  try {
    const secured = Promise.withResolvers<boolean>()
    const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', ca: cert }, () =>
      secured.resolve(socket.authorized),
    )
    socket.on('error', secured.reject)
    expect(await secured.promise).toBe(true)
    socket.destroy()
  } finally {
    server.close()
  }
})

test('the hospital’s own is taken, wherever the console listens', async () => {
  const { cert, key } = await own()
  const given = { certFile: join(dataDir, 'given.pem'), keyFile: join(dataDir, 'given.key') }
  await writeFile(given.certFile, cert)
  await writeFile(given.keyFile, key)
  const taken = await openCertificate({ bind: '127.0.0.1', given, dataDir, clock: systemClock })
  expect(taken).toMatchObject({ cert, key, selfSigned: false })
})

test('files that are not there, not readable or not of each other stop the start, and say which', async () => {
  const { cert } = await own()
  const given = { certFile: join(dataDir, 'given.pem'), keyFile: join(dataDir, 'given.key') }
  const opening = () => openCertificate({ bind: '0.0.0.0', given, dataDir, clock: systemClock })
  await writeFile(given.certFile, cert)
  await expect(opening()).rejects.toMatchObject({ code: 'TLS_FILE_UNREADABLE', params: { file: given.keyFile } })
  await writeFile(given.keyFile, cert)
  await chmod(given.keyFile, 0o600)
  await expect(opening()).rejects.toMatchObject({ code: 'TLS_FILES_UNUSABLE', params: given })
})
