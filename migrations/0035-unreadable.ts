import { type Kysely, sql } from 'kysely'

/**
 * What cannot be read holds by a reason of its own: a number whose ciphertext cannot be opened (`number_unreadable` to the
 * gate), and what a node wrote down of its database (`database_restored`).
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table phone_number drop constraint phone_number_flag_check;
    alter table phone_number add constraint phone_number_flag_check check (flag in ('invalid', 'suspended', 'unreadable'));
    alter table database_mark drop constraint database_mark_doubt_check;
    alter table database_mark add constraint database_mark_doubt_check check (doubt in ('earlier', 'unknown', 'unreadable'));
    -- Looked through when a house opens, and asked of every list of numbers that a supervisor opens.
    create index phone_number_flagged on phone_number (flagged_at desc, id desc) where flag is not null;
  `.execute(db)
}
