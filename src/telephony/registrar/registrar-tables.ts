import type { ColumnType, Generated } from 'kysely'

/** A column that is written once. */
type Fixed<T> = ColumnType<T, T, never>

/** Tables of migrations 0005, 0007 and 0009 that are the registrar's. */

interface PhoneTable {
  id: Fixed<string>
  siteId: Fixed<string>
  extension: Fixed<string>
  /** A page in a browser registers over WebSockets alone, and calls in. */
  kind: Generated<'desk' | 'browser'>
  /** The digest password, sealed by platform/secrets. */
  secretCiphertext: Buffer
  createdAt: Generated<Date>
}

/** One a phone, kept when it has run out or was given back: it remembers which nonce has been used. */
interface RegistrationTable {
  phoneId: Fixed<string>
  contact: string
  userAgent: string | null
  registeredAt: Generated<Date>
  expiresAt: Date
  /** Order of the last nonce (see nonce.ts) and how often it has been used. */
  nonce: string | null
  nonceCount: ColumnType<string | null, number, number>
}

declare module '#platform/database/tables.ts' {
  interface Tables {
    phone: PhoneTable
    registration: RegistrationTable
  }
}
