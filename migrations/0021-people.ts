import { type Kysely, sql } from 'kysely'

/**
 * What is learnt of a patient (a death, a readmission, a move) says who said so, and can be taken back by a person; and
 * what a person decides about a patient's numbers stands against the next list.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await news(db)
  await numbers(db)
  await lookUps(db)
  await rights(db)
}

async function news(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Of patients of earlier releases there is no row: when it was learnt stands on the patient (deceased_at).
    create table patient_news (
      id uuid primary key,
      patient_id uuid not null references patient,
      kind text not null check (kind in ('deceased', 'readmitted', 'moved')),
      source text not null check (source in ('list', 'agent', 'supervisor')),
      -- The stay whose row told it, the call in which it was said, the person who said or entered it.
      encounter_id uuid references encounter,
      import_run_id uuid references import_run,
      attempt_id uuid references attempt,
      said_by uuid references user_account,
      reason text,
      at timestamptz not null default app_now(),
      taken_back_at timestamptz,
      taken_back_by uuid references user_account,
      taken_back_reason text,
      check ((taken_back_at is null) = (taken_back_reason is null))
    );
    create index patient_news_of_patient on patient_news (patient_id);
    revoke delete on patient_news from suifang_app;

    -- A person has said that the death this stay told of is none: the same row again tells nothing new. Cleared when the
    -- source corrects itself, so that what it says after that counts again.
    alter table encounter add column death_taken_back_at timestamptz;

    -- Plans that a death ended or kept from beginning go on when it is taken back, beside an audit row of it.
    insert into state_move (machine, from_state, to_state, needs) values
      ('enrolment', 'ended', 'active', 'enrolment.resumed'), ('enrolment', 'excluded', 'active', 'enrolment.resumed');
  `.execute(db)
}

async function numbers(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- By a person at the console; null for what lists have brought and taken away.
    alter table patient_phone add column added_by uuid references user_account;
    alter table patient_phone add column removed_by uuid references user_account;
    -- A person has said in which order; only a number that was reached since then goes before it.
    alter table patient_phone add column ordered_at timestamptz;
    create index patient_phone_removed_by_hand on patient_phone (patient_id) where removed_by is not null;

    -- Who lifted what, and why, is in the audit trail; who decided stands beside the decision as its proof.
    alter table consent add column recorded_by uuid references user_account;
  `.execute(db)
}

async function lookUps(db: Kysely<unknown>): Promise<void> {
  await sql`
    create index patient_name_begins on patient (name text_pattern_ops);
    create index encounter_number on encounter (encounter_no);
    create index patient_deceased on patient (id) where deceased_at is not null;
  `.execute(db)
}

async function rights(db: Kysely<unknown>): Promise<void> {
  await sql`
    insert into role_right (role_code, right_code) values
      ('supervisor', 'patient.read'), ('supervisor', 'patient.change'), ('qa', 'patient.read');
    -- Beside administrators_apart (requirements R13, R18).
    alter table role_right add constraint administrators_see_no_patient check (
      role_code not in ('system_admin', 'security_admin', 'audit_admin') or right_code not in ('patient.read', 'patient.change')
    );
  `.execute(db)
}
