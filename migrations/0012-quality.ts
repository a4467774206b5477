import { type Kysely, sql } from 'kysely'

/**
 * Quality and accounts: what is kept about opened recordings, and what holds the separation of
 * the three administrators in the database (requirements §8.5, R13, R14).
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await reading(db)
  await rights(db)
  await accounts(db)
  await sessions(db)
  await permissions(db)
}

async function reading(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- The trail's page filters by action, and hops from one action to the next.
    create index audit_row_action on audit_row (action, id);
    create index audit_row_actor on audit_row (actor_name, id);

    -- When a file was opened and found to be another than the one that was verified (requirements F07).
    alter table recording add column changed_found_at timestamptz;
  `.execute(db)
}

/**
 * Three administrators, none of whom can do another's part: system_admin makes accounts and devices, security_admin
 * says who may do what, audit_admin reads what they did. None of them comes near a recording by that role.
 */
async function rights(db: Kysely<unknown>): Promise<void> {
  await sql`
    delete from role_right where role_code = 'security_admin' and right_code = 'account.manage';
    insert into role_right (role_code, right_code) values
      ('system_admin', 'account.manage'), ('system_admin', 'account.read'),
      ('security_admin', 'account.authorise'), ('security_admin', 'account.read');
    alter table role_right add constraint administrators_apart check (
      (right_code <> 'account.manage' or role_code = 'system_admin')
      and (right_code <> 'account.authorise' or role_code = 'security_admin')
      and (right_code <> 'audit.read' or role_code = 'audit_admin')
      and (role_code <> 'audit_admin' or right_code = 'audit.read')
      and (role_code not in ('system_admin', 'security_admin')
        or right_code not in ('recording.play', 'recording.download', 'patient.clear', 'call.read', 'call.supervise'))
    );
  `.execute(db)
}

async function accounts(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Failures from before do not count any more.
    alter table user_account add column unlocked_at timestamptz;

    -- Accounts of earlier releases that held several of the three keep the first in this order. Who then holds none of
    -- the others is found at the next start, which makes an account for each that is missing.
    insert into audit_row (actor_name, action, object_kind, object_id, outcome, detail)
    select 'suifang', 'account.roles_changed', 'user_account', user_account_id::text, 'ok',
      jsonb_build_object('reason', 'administrators_apart', 'from', jsonb_agg(role_code order by role_code))
    from user_role where role_code in ('system_admin', 'security_admin', 'audit_admin')
    group by user_account_id having count(*) > 1;
    delete from user_role r
    where r.role_code in ('security_admin', 'audit_admin') and exists (
      select from user_role o where o.user_account_id = r.user_account_id
        and (o.role_code = 'system_admin' or (r.role_code = 'audit_admin' and o.role_code = 'security_admin')));
    delete from user_role r
    where r.role_code = 'audit_admin' and exists (
      select from user_role o where o.user_account_id = r.user_account_id and o.role_code <> 'audit_admin');

    -- No account holds two of the three, and who reads the audit trail does nothing that stands in it.
    create function user_role_apart() returns trigger language plpgsql set search_path = public, pg_temp as $$
    begin
      -- Two grants to one account take turns.
      perform from user_account where id = new.user_account_id for update;
      if exists (
        select from user_role o where o.user_account_id = new.user_account_id and o.role_code <> new.role_code
          and ('audit_admin' in (o.role_code, new.role_code)
            or (o.role_code in ('system_admin', 'security_admin') and new.role_code in ('system_admin', 'security_admin')))
      ) then
        raise exception 'an account holds one of the administrator roles at most' using errcode = 'SF012';
      end if;
      return new;
    end $$;
    create trigger user_role_apart before insert or update on user_role
      for each row execute function user_role_apart();
  `.execute(db)
}

async function sessions(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table session drop constraint session_end_reason_check;
    alter table session add constraint session_end_reason_check check (end_reason in ('signed_out', 'idle', 'expired',
      'password_changed', 'disabled', 'signed_in_elsewhere', 'ended'));
  `.execute(db)
}

/** What a role may is decided by releases; who has been here stays. */
async function permissions(db: Kysely<unknown>): Promise<void> {
  await sql`
    revoke insert, update, delete on role, role_right from suifang_app;
    revoke delete on user_account, session, sign_in_attempt, password_history from suifang_app;
  `.execute(db)
}
