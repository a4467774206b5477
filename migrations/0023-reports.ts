import { type Kysely, sql } from 'kysely'

/**
 * Reports and exports: who may read figures and the rows behind them, and who may take rows out of the house
 * (requirements G12, N02). No administrator holds either by that role (R13, R18).
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    insert into role_right (role_code, right_code) values
      ('supervisor', 'report.read'), ('supervisor', 'report.export'), ('qa', 'report.read');
    -- Beside administrators_apart, which other releases may widen.
    alter table role_right add constraint administrators_report_nothing check (
      role_code not in ('system_admin', 'security_admin', 'audit_admin')
      or right_code not in ('report.read', 'report.export'));
  `.execute(db)
}
