import { type Kysely, sql } from 'kysely'

/**
 * A registration remembers which nonce its phone has used last, and how often: a REGISTER that was overheard cannot be
 * sent again, at whichever node (RFC 7616 §5.5).
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table registration
      -- Order of the nonce, rising as nonces are made; never the nonce itself.
      add column nonce text,
      add column nonce_count bigint;
  `.execute(db)
}
