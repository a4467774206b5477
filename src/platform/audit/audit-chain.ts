import { sql } from 'kysely'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'

/** What was done to the trail, as far as it shows. */
export type ChainFault =
  /** The row is not what was sealed. */
  | 'changed'
  /** A row that was put in after its neighbours had been sealed. */
  | 'inserted'
  /** Between `after` and this row one or more have been taken out. */
  | 'missing_before'
  /** Rows up to the seal's own number have been taken off the end. */
  | 'tail_missing'
  /** The row that was noted down earlier is not there, or is another. */
  | 'anchor'

export interface BrokenLink {
  readonly id: string
  readonly fault: ChainFault
  /** The last row before it that is as it was sealed; null at the beginning. */
  readonly after: string | null
}

/** The end of the chain, to be noted down outside of the database: who has an old one notices a chain made anew. */
export interface Anchor {
  readonly id: string
  /** SHA-256, hex. */
  readonly hash: string
}

export interface ChainVerdict {
  /** Rows that were recomputed. */
  readonly rows: number
  readonly broken: BrokenLink | null
  /** Null when nothing has been sealed yet. */
  readonly anchor: Anchor | null
  /** Rows that are not sealed yet. */
  readonly unsealed: number
}

export interface ChainState {
  readonly anchor: Anchor | null
  readonly unsealed: number
  /** Since when the oldest of them waits. */
  readonly unsealedSince: Date | null
}

interface Link {
  readonly id: string
  readonly prev: string | null
  readonly hash: string | null
  readonly computed: string | null
}

const linksAtOnce = 5_000
const noAnchor = '0'
/** No number is as high. */
const afterAll = '9223372036854775807'

export async function chainState(db: Ground | GroundTransaction): Promise<ChainState> {
  const { rows } = await sql<{ id: string; hash: string; unsealed: number; unsealedSince: Date | null }>`
    select coalesce((select max(id) from audit_row where hash is not null), 0)::text as id,
      encode(s.sealed_hash, 'hex') as hash,
      (select count(*)::int from audit_row where hash is null) as unsealed,
      (select min(at) from audit_row where hash is null) as unsealed_since
    from audit_seal s
  `.execute(db)
  const [row] = rows
  return {
    anchor: row === undefined || row.id === noAnchor ? null : { id: row.id, hash: row.hash },
    unsealed: row?.unsealed ?? 0,
    unsealedSince: row?.unsealedSince ?? null,
  }
}

/**
 * Walks the chain from its beginning and recomputes every seal (architecture §3, invariant 7).
 * @param anchor the end of the chain as it was noted down earlier: it must still be part of it
 * @returns the first link that is broken, or null when every row is what was sealed, in place and order
 */
export async function verifyChain(db: Ground, anchor: Anchor | null = null): Promise<ChainVerdict> {
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (tx) => {
      // As the seal was written: an instant in JSON bears the session's zone.
      await sql`set local timezone = 'UTC'`.execute(tx)
      const { rows: seals } = await sql<{ sealedId: string; sealedHash: string; start: string }>`
        select sealed_id, encode(sealed_hash, 'hex') as sealed_hash, encode(sha256('suifang'), 'hex') as start
        from audit_seal
      `.execute(tx)
      const seal = seals[0] ?? { sealedId: '0', sealedHash: '', start: '' }
      const walked = await walk(tx, seal.sealedId, seal.start)
      const state = await chainState(tx)
      const end = walked.last ?? { id: noAnchor, hash: seal.start }
      let { broken } = walked
      if (broken === null && end.hash !== seal.sealedHash) {
        const graft = await graftAfter(tx, seal.sealedHash, seal.start, afterAll)
        broken = graft ?? { id: seal.sealedId, fault: 'tail_missing', after: walked.last?.id ?? null }
      }
      if (broken === null && anchor !== null && !(await holds(tx, anchor))) {
        broken = { id: anchor.id, fault: 'anchor', after: null }
      }
      return { rows: walked.rows, broken, anchor: walked.last, unsealed: state.unsealed }
    })
}

async function walk(
  tx: GroundTransaction,
  sealedId: string,
  start: string,
): Promise<{ rows: number; broken: BrokenLink | null; last: Anchor | null }> {
  let last: Anchor | null = null
  let rows = 0
  for (;;) {
    const links = await linksAfter(tx, last?.id ?? noAnchor, sealedId)
    for (const link of links) {
      const broken = await judge(tx, link, last, start)
      if (broken !== null) return { rows, broken, last }
      last = { id: link.id, hash: link.hash ?? '' }
      rows += 1
    }
    if (links.length < linksAtOnce) return { rows, broken: null, last }
  }
}

async function linksAfter(tx: GroundTransaction, id: string, sealedId: string): Promise<readonly Link[]> {
  const { rows } = await sql<Link>`
    select id, encode(prev_hash, 'hex') as prev, encode(hash, 'hex') as hash,
      encode(sha256(prev_hash || convert_to((to_jsonb(audit_row) - 'hash' - 'prev_hash')::text, 'UTF8')), 'hex') as computed
    from audit_row where id > ${id}::bigint and id <= ${sealedId}::bigint order by id limit ${linksAtOnce}
  `.execute(tx)
  return rows
}

async function judge(
  tx: GroundTransaction,
  link: Link,
  last: Anchor | null,
  start: string,
): Promise<BrokenLink | null> {
  const after = last?.id ?? null
  // The seal has passed this number without it.
  if (link.hash === null) return { id: link.id, fault: 'inserted', after }
  if (link.hash !== link.computed) return { id: link.id, fault: 'changed', after }
  const before = last?.hash ?? start
  if (link.prev === before) return null
  return (await graftAfter(tx, link.prev, start, link.id)) ?? { id: link.id, fault: 'missing_before', after }
}

/**
 * What was sealed onto a row that is still there, though not just before: all between them has been put in.
 * @param hash of the row that the seal knows as the one before
 */
async function graftAfter(
  tx: GroundTransaction,
  hash: string | null,
  start: string,
  before: string,
): Promise<BrokenLink | null> {
  const { rows } = await sql<{ id: string; after: string | null }>`
    with known as (
      select max(id) as id from audit_row where hash = decode(${hash}, 'hex') and id < ${before}::bigint
    )
    select r.id, known.id as after from known, audit_row r
    where r.id > coalesce(known.id, 0) and (known.id is not null or ${hash}::text = ${start}::text)
      and r.id < ${before}::bigint
    order by r.id limit 1
  `.execute(tx)
  const [first] = rows
  return first === undefined ? null : { id: first.id, fault: 'inserted', after: first.after }
}

async function holds(tx: GroundTransaction, anchor: Anchor): Promise<boolean> {
  const { rows } = await sql<{ found: boolean }>`
    select exists (
      select from audit_row where id = ${anchor.id}::bigint and hash = decode(${anchor.hash}, 'hex')
    ) as found
  `.execute(tx)
  return rows[0]?.found === true
}

/** As it is noted down: `1234:89ab…`. @returns null for what is none */
export function parseAnchor(text: string): Anchor | null {
  const [, id, hash] = /^(\d{1,18}):([0-9a-f]{64})$/.exec(text.trim()) ?? []
  return id === undefined || hash === undefined ? null : { id, hash }
}
