import { createCipheriv, createDecipheriv, createHmac, createSecretKey, hkdfSync, randomBytes } from 'node:crypto'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf, OperationalError, UnexpectedError } from './errors/errors.ts'
import './errors/platform-errors.ts'

/**
 * What stands in the database in cipher (phone numbers first of all) is opened here. The key is outside the database:
 * who steals a dump has no numbers.
 */
export interface Secrets {
  /** HMAC-SHA-256 of a number in E.164 (32 bytes): finds the number without telling it. */
  hmacPhone(e164: string): Buffer
  /** The same of an identity number, under a key of its own. */
  hmacDocument(value: string): Buffer
  /** 32 bytes for one purpose alone, the same on every node and after a restart. */
  keyFor(purpose: string): Buffer
  /** AES-256-GCM under a fresh nonce: one byte version, 12 nonce, 16 tag, then the text. */
  encrypt(text: string): Buffer
  /** @throws UnexpectedError SECRET_UNREADABLE when it was encrypted under another key, or changed */
  decrypt(sealed: Buffer): string
  /** Tells keys apart without telling the key; kept in the database, so that a wrong key is noticed at the start. */
  readonly fingerprint: string
}

const keyBytes = 32
const version = 1
const nonceBytes = 12
const tagBytes = 16

/**
 * Opens the key file `secret.key` of the data folder (mode 600), making it when there is none.
 * @param key replaces the file (`SUIFANG_KEY`)
 * @throws OperationalError SECRET_KEY_BROKEN when the file is not a key
 */
export async function openSecrets(dataDir: string, key?: Buffer | null): Promise<Secrets> {
  return secretsOf(key ?? (await readOrMakeKey(dataDir)))
}

/** Whether this is what `decrypt` threw of what it cannot open. */
export function isUnreadable(error: unknown): boolean {
  return codeOf(error) === 'SECRET_UNREADABLE'
}

/** The same over a key at hand. */
export function secretsOf(key: Buffer): Secrets {
  // As key objects: from plain bytes node makes one anew for every number (20,000 in a list; four times the time).
  const phoneKey = createSecretKey(derive(key, 'phone number'))
  const documentKey = createSecretKey(derive(key, 'identity document'))
  const textKey = createSecretKey(derive(key, 'text at rest'))
  return {
    fingerprint: derive(key, 'fingerprint').toString('hex', 0, 8),
    keyFor: (purpose) => derive(key, `purpose: ${purpose}`),
    hmacPhone: (e164) => createHmac('sha256', phoneKey).update(e164).digest(),
    hmacDocument: (value) => createHmac('sha256', documentKey).update(value).digest(),
    encrypt: (text) => {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv('aes-256-gcm', textKey, nonce)
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return Buffer.concat([Buffer.from([version]), nonce, cipher.getAuthTag(), body])
    },
    decrypt: (sealed) => {
      try {
        if (sealed[0] !== version || sealed.length < 1 + nonceBytes + tagBytes) throw new TypeError('not sealed by us')
        const nonce = sealed.subarray(1, 1 + nonceBytes)
        const tag = sealed.subarray(1 + nonceBytes, 1 + nonceBytes + tagBytes)
        const decipher = createDecipheriv('aes-256-gcm', textKey, nonce, { authTagLength: tagBytes }).setAuthTag(tag)
        const body = sealed.subarray(1 + nonceBytes + tagBytes)
        return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8')
      } catch (cause) {
        throw new UnexpectedError('SECRET_UNREADABLE', {}, { cause })
      }
    },
  }
}

/** One key for each purpose, so that none can be used to learn about another. */
function derive(key: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), `suifang ${purpose}`, keyBytes))
}

async function readOrMakeKey(dataDir: string): Promise<Buffer> {
  const path = join(dataDir, 'secret.key')
  const found = await readKey(path)
  if (found !== undefined) return found
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const part = `${path}.${randomBytes(4).toString('hex')}.part`
  await writeFile(part, `${randomBytes(keyBytes).toString('hex')}\n`, { mode: 0o600, flush: true })
  // Of two first starters one is quicker, and its key is the key: link never replaces.
  await link(part, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  await rm(part)
  const made = await readKey(path)
  if (made === undefined) throw new OperationalError('SECRET_KEY_BROKEN', { path })
  return made
}

async function readKey(path: string): Promise<Buffer | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return undefined
  if (!/^[0-9a-f]{64}\n?$/.test(text)) throw new OperationalError('SECRET_KEY_BROKEN', { path })
  return Buffer.from(text.trim(), 'hex')
}
