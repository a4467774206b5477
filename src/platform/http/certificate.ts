import { createPrivateKey, X509Certificate } from 'node:crypto'
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { hostname, networkInterfaces } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '#platform/clock.ts'
import { UserError } from '#platform/errors/errors.ts'
import './http-errors.ts'

export interface CertificateOptions {
  /** Where the console listens. */
  readonly bind: string
  /** The hospital's own: PEM files; null: none. */
  readonly given: { readonly certFile: string; readonly keyFile: string } | null
  readonly dataDir: string
  readonly clock: Clock
  /** One of our own also where nobody but this machine comes; default: no. */
  readonly evenOnLoopback?: boolean
  /** Under which names and addresses the machine is found. Default: what it says of itself. */
  readonly names?: readonly string[]
}

export interface ServerCertificate {
  /** PEM. */
  readonly cert: string
  readonly key: string
  /** Signed by ourselves: browsers warn until somebody has accepted it. */
  readonly selfSigned: boolean
  /** SHA-256, as browsers show it. */
  readonly fingerprint: string
  readonly expiresAt: Date
}

const dayMs = 86_400_000
/** The longest that Apple's browsers take. */
const validForDays = 825
/** A certificate that ends sooner is made anew at a start. */
const renewBeforeDays = 30

/**
 * What the console serves HTTPS with: the hospital's certificate; without one, one of our own where others than this
 * machine are to reach it, since a browser gives no microphone to a page that came by plain HTTP; else null, for
 * loopback counts as safe. Our own is kept in the data folder, its key readable by its owner alone, and made anew when
 * it is about to end or the machine has got another name or address.
 * @throws UserError TLS_FILE_UNREADABLE, TLS_FILES_UNUSABLE
 */
export async function openCertificate(options: CertificateOptions): Promise<ServerCertificate | null> {
  const { given, bind, evenOnLoopback = false } = options
  if (given !== null) return await readGiven(given)
  return isLoopback(bind) && !evenOnLoopback ? null : await ownCertificate(options)
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host)
}

async function readGiven({ certFile, keyFile }: { certFile: string; keyFile: string }): Promise<ServerCertificate> {
  const [cert, key] = await Promise.all([certFile, keyFile].map(readPem))
  const read = readPair(cert ?? '', key ?? '')
  if (read === null) throw new UserError('TLS_FILES_UNUSABLE', { certFile, keyFile })
  return { ...read, selfSigned: false }
}

async function readPem(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new UserError('TLS_FILE_UNREADABLE', { file }, { cause: error })
  }
}

async function ownCertificate({ bind, dataDir, clock, names }: CertificateOptions): Promise<ServerCertificate> {
  const folder = join(dataDir, 'tls')
  const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const wanted = [...new Set([...(names ?? namesOfThisMachine()), ...(isAnyAddress(bind) ? [] : [bind])])]
  const [cert, key] = await Promise.all([certFile, keyFile].map((file) => readFile(file, 'utf8').catch(() => '')))
  const kept = readPair(cert ?? '', key ?? '')
  const lastsUntil = clock.now().getTime() + renewBeforeDays * dayMs
  if (kept !== null && kept.expiresAt.getTime() > lastsUntil && wanted.every((name) => isNamed(kept.cert, name))) {
    return { ...kept, selfSigned: true }
  }
  const made = await make(wanted, clock.now())
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await writeWhole(keyFile, made.key)
  await writeWhole(certFile, made.cert)
  const read = readPair(made.cert, made.key)
  if (read === null) throw new UserError('TLS_FILES_UNUSABLE', { certFile, keyFile })
  return { ...read, selfSigned: true }
}

async function make(names: readonly string[], now: Date): Promise<{ cert: string; key: string }> {
  // Some two hundred files, which a start without a certificate to make does not wait for.
  const { generate } = await import('selfsigned')
  const made = await generate([{ name: 'commonName', value: names.find((name) => isIP(name) === 0) ?? 'suifang' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    // Clocks of a hospital differ.
    notBeforeDate: new Date(now.getTime() - dayMs),
    notAfterDate: new Date(now.getTime() + (validForDays - 1) * dayMs),
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: names.map((name) => (isIP(name) === 0 ? { type: 2, value: name } : { type: 7, ip: name })),
      },
    ],
  })
  return { cert: made.cert, key: made.private }
}

/** For its owner's eyes only, whole or not at all. */
async function writeWhole(file: string, text: string): Promise<void> {
  const draft = `${file}.new`
  await writeFile(draft, text, { mode: 0o600 })
  await chmod(draft, 0o600)
  await rename(draft, file)
}

/** @returns null when they are no certificate, no key, or not of each other */
function readPair(cert: string, key: string): Omit<ServerCertificate, 'selfSigned'> | null {
  try {
    const certificate = new X509Certificate(cert)
    if (!certificate.checkPrivateKey(createPrivateKey(key))) return null
    return { cert, key, fingerprint: certificate.fingerprint256, expiresAt: new Date(certificate.validTo) }
  } catch {
    return null
  }
}

function isNamed(cert: string, name: string): boolean {
  const certificate = new X509Certificate(cert)
  return (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined
}

function isAnyAddress(bind: string): boolean {
  return bind === '0.0.0.0' || bind === '::'
}

/** Addresses of one link only (fe80::) are left out: no page has one in its address bar. */
function namesOfThisMachine(): readonly string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address))
  return ['localhost', hostname(), ...addresses.filter((address) => !/^fe80:/i.test(address))]
}
