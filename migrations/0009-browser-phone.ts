import { type Kysely, sql } from 'kysely'

/**
 * A phone stands on a desk, with a password that is set up once; or it is a page in a browser, whose password is a new
 * one each time the page is opened.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table phone add column kind text not null default 'desk' check (kind in ('desk', 'browser'));
  `.execute(db)
}
