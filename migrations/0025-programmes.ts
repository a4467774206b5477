import { type Kysely, sql } from 'kysely'

/** Programmes are made and changed by the office: why each version was published, one default a site, and who may. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- In the words of who published it; null: the house itself, at its first start.
    alter table programme_version add column reason text;

    -- What no other programme takes goes to one place, or patients are called twice (requirements G14).
    create unique index programme_default on programme (site_id) where is_default and state <> 'stopped';
  `.execute(db)
  await sql`
    insert into role_right (role_code, right_code) values
      ('supervisor', 'programme.read'), ('supervisor', 'programme.manage'),
      ('qa', 'programme.read'), ('system_admin', 'programme.read');
    -- Who is followed up is medicine, not administration.
    alter table role_right add constraint administrators_plan_nothing check (
      role_code not in ('system_admin', 'security_admin', 'audit_admin') or right_code <> 'programme.manage');
  `.execute(db)
}
