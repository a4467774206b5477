import { type Kysely, sql } from 'kysely'

/**
 * Third storey: patients, stays, programmes, tasks, questionnaires, answers, refusals and consent; and the gate: the
 * one function that says whether a number may be dialled for a task at an instant (architecture §3, invariants 2, 5).
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await patients(db)
  await imports(db)
  await encounters(db)
  await questionnaires(db)
  await programmes(db)
  await refusals(db)
  await calendar(db)
  await tasks(db)
  await responses(db)
  await gate(db)
  await holds(db)
  await gatedAttempts(db)
  await permissions(db)
}

async function patients(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table patient (
      id uuid primary key,
      site_id uuid not null references site,
      -- The hospital's own number for the person (病案号, 患者号, EMPI); absent where lists know stays only.
      patient_no text,
      name text not null check (btrim(name) <> ''),
      -- GB/T 2261.1
      sex text check (sex in ('0', '1', '2', '9')),
      birth_date date,
      id_type text,
      id_hmac bytea,
      id_ciphertext bytea,
      id_last4 text,
      -- When we learnt of it; the day itself is often not told. Never dialled again (requirements H31).
      deceased_at timestamptz,
      deceased_on date,
      -- Kind of key patient (requirements G13); null for none.
      vip text,
      tags text[] not null default '{}',
      merged_into uuid references patient check (merged_into <> id),
      created_at timestamptz not null default app_now(),
      changed_at timestamptz not null default app_now(),
      check ((id_hmac is null) = (id_ciphertext is null))
    );
    create unique index patient_patient_no on patient (site_id, patient_no) where patient_no is not null;
    create index patient_id_hmac on patient (id_hmac) where id_hmac is not null;
    -- Namesakes are told apart by their birthday when a list is matched.
    create index patient_name on patient (name, birth_date);

    create table patient_phone (
      id uuid primary key,
      patient_id uuid not null references patient,
      phone_number_id uuid not null references phone_number,
      -- Dialling order, from 1.
      position integer not null check (position >= 1),
      -- GB/T 4761: 0 self, 1 spouse, 2 son, 3 daughter, 4 grandchild, 5 parents, 6 grandparents, 7 siblings, 8 other.
      relation text check (relation ~ '^[0-8]$'),
      relation_word text,
      contact_name text,
      -- As the source wrote it.
      raw_ciphertext bytea,
      extension text,
      -- Somebody answered who is not the patient or a relative; not dialled for this patient again.
      wrong_person_at timestamptz,
      -- The last time a call on it was completed: such a number goes first (requirements C16).
      reached_at timestamptz,
      added_at timestamptz not null default app_now(),
      -- No longer in the source; kept as history (requirements G02).
      removed_at timestamptz
    );
    create unique index patient_phone_once on patient_phone (patient_id, phone_number_id) where removed_at is null;
    create index patient_phone_number on patient_phone (phone_number_id);
  `.execute(db)
}

/** What came in, from where, who declared what consent for its rows; and what became of each row. Counts are derived. */
async function imports(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table import_run (
      id uuid primary key,
      site_id uuid not null references site,
      source text not null,
      file_name text,
      sha256 bytea,
      bytes bigint,
      encoding text,
      state text not null default 'running' check (state in ('running', 'finished', 'failed')),
      error_code text,
      -- Declaration of consent for the rows: purpose, words, who declared it.
      consent_purpose text,
      consent_text text,
      consent_declared_by text,
      started_by uuid references user_account,
      started_at timestamptz not null default app_now(),
      finished_at timestamptz,
      check ((consent_purpose is null) = (consent_text is null) and (consent_purpose is null) = (consent_declared_by is null))
    );
    create index import_run_at on import_run (started_at desc);
  `.execute(db)
}

async function encounters(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table encounter (
      id uuid primary key,
      site_id uuid not null references site,
      patient_id uuid not null references patient,
      kind text not null check (kind in ('inpatient', 'outpatient', 'checkup', 'emergency')),
      encounter_no text not null check (btrim(encounter_no) <> ''),
      department_id uuid references department,
      ward text,
      doctor_name text,
      doctor_phone_id uuid references phone_number,
      -- A date without an hour stays a date: the instant is null then.
      admitted_on date,
      admitted_at timestamptz,
      discharged_on date,
      discharged_at timestamptz,
      -- 离院方式: 1 by order, 2 transferred, 3 to the community, 4 against advice, 5 died, 9 other.
      disposition text check (disposition in ('1', '2', '3', '4', '5', '9')),
      payer text,
      source text,
      import_run_id uuid references import_run,
      created_at timestamptz not null default app_now(),
      changed_at timestamptz not null default app_now(),
      check (admitted_at is null or (admitted_at at time zone 'Asia/Shanghai')::date = admitted_on),
      check (discharged_at is null or (discharged_at at time zone 'Asia/Shanghai')::date = discharged_on),
      unique nulls not distinct (site_id, kind, encounter_no, discharged_on)
    );
    create index encounter_patient on encounter (patient_id, discharged_on);
    create index encounter_discharged on encounter (discharged_on);

    create table diagnosis (
      id uuid primary key,
      encounter_id uuid not null references encounter,
      -- 1 is the main one.
      position integer not null check (position >= 1),
      system text,
      code text,
      text text,
      unique (encounter_id, position),
      check (code is not null or text is not null)
    );

    create table operation (
      id uuid primary key,
      encounter_id uuid not null references encounter,
      position integer not null check (position >= 1),
      code text,
      text text,
      unique (encounter_id, position),
      check (code is not null or text is not null)
    );

    create table import_row (
      id bigint primary key generated always as identity,
      import_run_id uuid not null references import_run,
      sheet text,
      line integer not null,
      verdict text not null check (verdict in ('created', 'changed', 'unchanged', 'duplicate', 'excluded', 'rejected')),
      reason text,
      code text,
      column_name text,
      message text,
      warnings text[] not null default '{}',
      encounter_id uuid references encounter,
      department_id uuid references department,
      -- The row as it came, to be corrected and imported again.
      raw_ciphertext bytea
    );
    create unique index import_row_place on import_row (import_run_id, sheet, line) nulls not distinct;
  `.execute(db)
}

async function questionnaires(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table questionnaire (
      id uuid primary key,
      code text not null unique,
      name text not null,
      created_at timestamptz not null default app_now()
    );
    create table questionnaire_version (
      id uuid primary key,
      questionnaire_id uuid not null references questionnaire,
      version integer not null check (version >= 1),
      definition jsonb not null,
      created_at timestamptz not null default app_now(),
      unique (questionnaire_id, version)
    );
    create trigger questionnaire_version_immutable before update or delete on questionnaire_version
      for each row execute function refuse_change();
  `.execute(db)
}

/** Who is called and about what. What the gate needs stands on the programme; what may differ by version, on the version. */
async function programmes(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table programme (
      id uuid primary key,
      site_id uuid not null references site,
      code text not null,
      name text not null,
      department_id uuid references department,
      campaign_id uuid unique references campaign,
      state text not null default 'running' check (state in ('running', 'paused', 'stopped')),
      legal_basis text not null check (legal_basis in ('duty', 'consent')),
      -- What consent is asked and refused for (requirements §8.4).
      purpose text not null check (purpose in ('clinical', 'satisfaction', 'research', 'care')),
      -- Takes the discharges that no other programme matches (requirements G14).
      is_default boolean not null default false,
      created_at timestamptz not null default app_now(),
      unique (site_id, code)
    );
    insert into state_move (machine, from_state, to_state) values
      ('programme', '', 'running'), ('programme', '', 'paused'), ('programme', 'running', 'paused'),
      ('programme', 'running', 'stopped'), ('programme', 'paused', 'running'), ('programme', 'paused', 'stopped'),
      ('programme', 'stopped', 'running');
    create trigger programme_state before insert or update of state on programme
      for each row execute function state_moves_legally('programme');
    -- Tasks were made on this ground; another ground is another programme.
    create trigger programme_ground before update on programme
      for each row when (old.legal_basis <> new.legal_basis or old.purpose <> new.purpose)
      execute function refuse_change();

    create table programme_version (
      id uuid primary key,
      programme_id uuid not null references programme,
      version integer not null check (version >= 1),
      -- Shapes: src/follow-up/programmes/programme.ts (who is matched, who is left out) and tasks/retry.ts.
      match jsonb not null,
      exclusions jsonb not null,
      retry jsonb not null,
      created_by uuid references user_account,
      created_at timestamptz not null default app_now(),
      unique (programme_id, version)
    );
    create table programme_step (
      id uuid primary key,
      programme_version_id uuid not null references programme_version,
      position integer not null check (position >= 1),
      -- Days after the anchor day (the discharge), or one fixed day for all.
      after_days integer check (after_days >= 0),
      fixed_on date,
      -- Hospital-local time of day from which it is due; null: the hour of the discharge, or the day's start.
      due_time time,
      rest_day_rule text not null default 'keep' check (rest_day_rule in ('keep', 'before', 'after')),
      expires_after_days integer not null default 30 check (expires_after_days >= 1),
      priority smallint not null default 5 check (priority between 0 and 9),
      questionnaire_version_id uuid references questionnaire_version,
      flow_version_id uuid references flow_version,
      unique (programme_version_id, position),
      check ((after_days is null) <> (fixed_on is null))
    );
    create trigger programme_version_immutable before update or delete on programme_version
      for each row execute function refuse_change();
    create trigger programme_step_immutable before update or delete on programme_step
      for each row execute function refuse_change();

    -- A patient in a programme, by one stay (or none). Also who is not followed up, with the visible reason.
    create table enrolment (
      id uuid primary key,
      patient_id uuid not null references patient,
      encounter_id uuid references encounter,
      programme_id uuid not null references programme,
      programme_version_id uuid not null references programme_version,
      state text not null check (state in ('active', 'excluded', 'ended')),
      reason text check ((reason is not null) or state = 'active'),
      -- The day that steps count from.
      anchor_on date not null,
      created_at timestamptz not null default app_now(),
      changed_at timestamptz not null default app_now()
    );
    create unique index enrolment_once on enrolment (encounter_id, programme_id) where encounter_id is not null;
    create index enrolment_patient on enrolment (patient_id);
    create index enrolment_anchor on enrolment (programme_id, anchor_on);
    insert into state_move (machine, from_state, to_state) values
      ('enrolment', '', 'active'), ('enrolment', '', 'excluded'), ('enrolment', 'active', 'ended'),
      ('enrolment', 'active', 'excluded');
    create trigger enrolment_state before update of state on enrolment
      for each row execute function state_moves_legally('enrolment');
    -- A list enrols thousands at once: their births are judged by statement.
    create function enrolment_born() returns trigger language plpgsql set search_path = public, pg_temp as $$
    declare
      wrong record;
    begin
      select b.state into wrong from born b
        where not exists (select from state_move m where m.machine = 'enrolment' and m.from_state = '' and m.to_state = b.state)
        limit 1;
      if found then
        perform refuse_move('enrolment', '', wrong.state);
      end if;
      return null;
    end $$;
    create trigger enrolment_born after insert on enrolment
      referencing new table as born for each statement execute function enrolment_born();

    -- A version is complete when it is written: nobody adds a step to one that people were enrolled under.
    create function step_of_new_version() returns trigger language plpgsql set search_path = public, pg_temp as $$
    begin
      if exists (select from enrolment e where e.programme_version_id = new.programme_version_id) then
        raise exception 'patients are enrolled under this version' using errcode = 'SF005', hint = 'Publish a new version.';
      end if;
      return new;
    end $$;
    create index enrolment_version on enrolment (programme_version_id);
    create trigger step_of_new_version before insert on programme_step
      for each row execute function step_of_new_version();
  `.execute(db)
}

async function refusals(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- No calls to this number, whoever is meant; or to this patient, on whatever number.
    create table do_not_call (
      id uuid primary key,
      phone_number_id uuid references phone_number,
      patient_id uuid references patient,
      source text not null check (source in ('patient_key', 'agent', 'supervisor', 'import', 'programme')),
      reason text,
      attempt_id uuid references attempt,
      created_by uuid references user_account,
      created_at timestamptz not null default app_now(),
      until timestamptz,
      lifted_at timestamptz,
      lifted_by uuid references user_account,
      check (phone_number_id is not null or patient_id is not null)
    );
    create index do_not_call_number on do_not_call (phone_number_id) where lifted_at is null and phone_number_id is not null;
    create index do_not_call_patient on do_not_call (patient_id) where lifted_at is null and patient_id is not null;
    create unique index do_not_call_of_attempt on do_not_call (attempt_id) where attempt_id is not null;

    -- Declared, per purpose: by whom, when, by which words. A refusal stands against any number of declarations until
    -- it is lifted.
    create table consent (
      id uuid primary key,
      patient_id uuid not null references patient,
      purpose text not null check (purpose in ('clinical', 'satisfaction', 'research', 'care', 'recording')),
      decision text not null check (decision in ('given', 'refused')),
      words text,
      declared_by text,
      source text not null,
      import_run_id uuid references import_run,
      attempt_id uuid references attempt,
      at timestamptz not null default app_now(),
      lifted_at timestamptz,
      lifted_by uuid references user_account
    );
    create index consent_standing on consent (patient_id, purpose, decision) where lifted_at is null;
  `.execute(db)
}

/**
 * Statutory holidays and the working days that make up for them; ordinary days have no row. A year without rows in
 * `calendar_year` has not been announced or imported, which is not the same as a year without holidays.
 */
async function calendar(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table calendar_year (
      year integer primary key check (year between 2000 and 2200),
      source text not null,
      imported_at timestamptz not null default app_now()
    );
    create table calendar_day (
      day date primary key,
      kind text not null check (kind in ('holiday', 'workday')),
      name text not null
    );

    -- The hospital's day. Shanghai has had no summer time since 1991.
    create function local_day(at timestamptz) returns date language sql immutable parallel safe as $$
      select (at at time zone 'Asia/Shanghai')::date
    $$;
    create function start_of_local_day(day date) returns timestamptz language sql immutable parallel safe as $$
      select day::timestamp at time zone 'Asia/Shanghai'
    $$;

    -- Hours and caps as the gate reads them; a campaign may state some of the hours and no caps.
    create function calling_is_valid(rule jsonb, is_hospital boolean) returns boolean language sql immutable as $$
      select coalesce(jsonb_typeof(rule) = 'object'
        and case when rule ? 'periods' or is_hospital then
          jsonb_typeof(rule -> 'periods') = 'array' and not rule @? '$.periods[*] ? (
            !(@.opens like_regex "^([01][0-9]|2[0-3]):[0-5][0-9]$") || !(@.closes like_regex "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")
            || !(@.opens < @.closes))' else true end
        and (rule ->> 'holidays' in ('open', 'closed') or not (rule ? 'holidays' or is_hospital))
        and (rule ->> 'weekends' in ('open', 'closed') or not (rule ? 'weekends' or is_hospital))
        and case when is_hospital
          then rule ->> 'capPerDay' ~ '^[1-5]$' and rule ->> 'capPerWeek' ~ '^[1-9][0-9]?$'
          else not rule ?| array['capPerDay', 'capPerWeek'] end, false)
    $$;
    alter table campaign add constraint campaign_calling_valid check (calling is null or calling_is_valid(calling, false));
    create function calling_rule_makes_sense() returns trigger language plpgsql set search_path = public, pg_temp as $$
    begin
      if not calling_is_valid(new.value, true) then
        raise exception 'not a calling rule' using errcode = 'SF002',
          hint = 'Periods open before they close; one number is called at most five times a day.';
      end if;
      return new;
    end $$;
    create trigger calling_rule_makes_sense before insert or update on setting
      for each row when (new.key = 'calling') execute function calling_rule_makes_sense();

    -- Shape: src/follow-up/calling/calling-rule.ts. No call outside the periods, never more than five a day (requirements C08, C09).
    insert into setting (key, version, value) values ('calling', 1, '{
      "periods": [{"opens": "08:30", "closes": "11:30"}, {"opens": "14:30", "closes": "20:00"}],
      "holidays": "closed", "weekends": "open", "capPerDay": 2, "capPerWeek": 5
    }');
  `.execute(db)
}

async function tasks(db: Kysely<unknown>): Promise<void> {
  await sql`
    insert into state_move (machine, from_state, to_state, needs)
    select 'task', m.from_state, unnest(string_to_array(m.to_states, ' ')), m.needs
    from (values
      ('', 'scheduled excluded', null),
      ('scheduled', 'claimed stopped excluded expired suspended', null),
      ('claimed', 'in_progress scheduled retry_wait stopped', null),
      ('in_progress', 'wrapping completed partial retry_wait callback failed refused stopped', null),
      ('wrapping', 'completed partial retry_wait callback failed refused', null),
      ('retry_wait', 'claimed failed expired stopped refused suspended', null),
      ('callback', 'claimed failed expired stopped refused suspended', null),
      ('suspended', 'scheduled stopped', null),
      ('partial', 'retry_wait completed', null),
      ('completed', 'scheduled', 'task.reopen'),
      ('failed', 'scheduled', 'task.reopen'),
      ('refused', 'scheduled', 'task.reopen'),
      ('stopped', 'scheduled', 'task.reopen'),
      ('excluded', 'scheduled', 'task.reopen'),
      ('expired', 'scheduled', 'task.reopen')
    ) as m (from_state, to_states, needs);

    create table task (
      id uuid primary key,
      enrolment_id uuid not null references enrolment,
      patient_id uuid not null references patient,
      programme_id uuid not null references programme,
      programme_version_id uuid not null references programme_version,
      step_id uuid not null references programme_step,
      state text not null default 'scheduled' check (state in ('scheduled', 'claimed', 'in_progress', 'wrapping',
        'completed', 'partial', 'retry_wait', 'callback', 'suspended', 'failed', 'refused', 'stopped', 'excluded',
        'expired')),
      -- Why it ended without an interview, was stopped, excluded or suspended.
      reason text,
      -- The day by plan; stays whatever becomes of the task (requirements H12).
      due_on date not null,
      -- When to dial next: by plan, then by retry or callback.
      due_at timestamptz not null,
      expires_at timestamptz not null,
      priority smallint not null default 5 check (priority between 0 and 9),
      -- The number to dial next; null when the patient has none left.
      phone_number_id uuid references phone_number,
      -- What the gate last said of this task's person and number, and until when that answer holds. Kept by triggers on
      -- the facts; it only spares the claim from asking again. The gate still judges every attempt.
      hold text,
      hold_until timestamptz,
      dial_at timestamptz generated always as (greatest(due_at, hold_until)) stored,
      created_at timestamptz not null default app_now(),
      changed_at timestamptz not null default app_now(),
      unique (enrolment_id, step_id),
      check ((hold is null) = (hold_until is null))
    );
    -- The order of dialling. Held tasks lie at the instant their hold ends, so that no claim walks over them.
    create index task_to_dial on task (programme_id, priority, dial_at)
      where state in ('scheduled', 'retry_wait', 'callback');
    create index task_held on task (programme_id, hold, due_at, hold_until)
      where state in ('scheduled', 'retry_wait', 'callback') and hold is not null;
    create index task_waiting_for_number on task (phone_number_id)
      where state in ('scheduled', 'retry_wait', 'callback');
    create index task_under_way on task (programme_id) where state in ('claimed', 'in_progress', 'wrapping');
    create index task_open_for_patient on task (patient_id)
      where state in ('scheduled', 'retry_wait', 'callback', 'suspended');
    create index task_expires on task (expires_at) where state in ('scheduled', 'retry_wait', 'callback');

    alter table attempt add constraint attempt_task foreign key (task_id) references task;
  `.execute(db)
}

/** What was answered. A task has one form; a later answer to the same question takes the place of the earlier. */
async function responses(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table response (
      id uuid primary key,
      task_id uuid not null unique references task,
      questionnaire_version_id uuid not null references questionnaire_version,
      patient_id uuid not null references patient,
      -- Who answered (requirements R05).
      respondent text check (respondent in ('patient', 'proxy', 'spouse', 'child', 'parent', 'other')),
      state text not null default 'open' check (state in ('open', 'partial', 'complete')),
      started_at timestamptz not null default app_now(),
      completed_at timestamptz
    );
    create table answer (
      id bigint primary key generated always as identity,
      response_id uuid not null references response,
      question_id text not null,
      value jsonb not null,
      -- As pressed; null for an answer that a person typed.
      keys text,
      attempt_id uuid references attempt,
      at timestamptz not null,
      unique (response_id, question_id)
    );
    create index answer_of_attempt on answer (attempt_id);
  `.execute(db)
}

/**
 * The gate. It answers for many tasks at once, because what costs is starting a statement, not its look-ups; asked for
 * one, it is `gate_reason`. Its parts may be asked alone: what concerns the person (kept on tasks as `hold`), what
 * concerns the number's calls, and what concerns programme, campaign, trunk and hour (one answer for all tasks of a
 * programme). Words for people: src/follow-up/calling/gate-reason.ts.
 *
 * Functions that decide name their search path, so that no temporary table of a session can stand in for a fact.
 */
async function gate(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- What concerns the person and the number, for each place of the arrays; a reason of null: nothing. p_attempts: the
    -- attempts that ask for themselves, so that none stands in its own way. All of this is volatile, so that a trigger
    -- sees what was committed up to its moment.
    create function gate_people(
      p_patients uuid[], p_programmes uuid[], p_numbers uuid[], p_at timestamptz, p_attempts uuid[] default null
    ) returns table (place bigint, reason text)
      language plpgsql volatile rows 20 set search_path = public, pg_temp as $$
    begin
      return query select asked.place, case
        when p.id is null then 'patient_unknown'
        when p.deceased_at is not null then 'deceased'
        when p.merged_into is not null then 'patient_merged'
        -- (select … limit 1) and not exists: the planner would answer the latter from a hash of the whole table.
        when (select true from do_not_call d where d.phone_number_id = asked.number_id and d.lifted_at is null
            and (d.until is null or d.until > p_at) limit 1)
          or (select true from do_not_call d where d.patient_id = asked.patient_id and d.lifted_at is null
            and (d.until is null or d.until > p_at) limit 1) then 'do_not_call'
        -- A refusal always wins, also where the basis is the hospital's duty.
        when (select true from consent c where c.patient_id = asked.patient_id and c.purpose = pr.purpose
            and c.decision = 'refused' and c.lifted_at is null limit 1) then 'consent_refused'
        when pr.legal_basis = 'consent' and (select true from consent c where c.patient_id = asked.patient_id
            and c.purpose = pr.purpose and c.decision = 'given' and c.lifted_at is null limit 1) is null then 'consent_missing'
        when asked.number_id is null then 'no_number'
        when pp.id is null then 'number_removed'
        when pp.wrong_person_at is not null then 'wrong_person'
        when n.flag is not null then 'number_' || n.flag
        when (select true from attempt a where a.phone_number_id = asked.number_id and a.state <> 'ended'
          and a.id is distinct from asked.attempt_id limit 1) then 'number_active'
        -- Caps are one answer over all programmes, so only the hospital's rule counts, and never more than five a day.
        else (
          select case
            when count(*) filter (where a.counts_at >= start_of_local_day(local_day(p_at)))
              >= least((rule.value ->> 'capPerDay')::integer, 5) then 'cap_day'
            when count(*) >= (rule.value ->> 'capPerWeek')::integer then 'cap_week' end
          from attempt a
          where a.phone_number_id = asked.number_id and a.counts_at >= start_of_local_day(local_day(p_at) - 6)
            and a.result is distinct from 'congestion' and (a.result is distinct from 'cancelled' or a.invited_at is not null)
            and a.id is distinct from asked.attempt_id)
        end
      from unnest(p_patients, p_programmes, p_numbers, p_attempts)
        with ordinality as asked (patient_id, programme_id, number_id, attempt_id, place)
      cross join (select st.value from setting st where st.key = 'calling' order by st.version desc limit 1) rule
      left join patient p on p.id = asked.patient_id
      left join programme pr on pr.id = asked.programme_id
      left join phone_number n on n.id = asked.number_id
      left join patient_phone pp
        on pp.patient_id = asked.patient_id and pp.phone_number_id = asked.number_id and pp.removed_at is null;
    end $$;

    -- The earliest instant at which the passing of time alone may lift a reason of gate_people.
    create function gate_reopens(p_reason text, p_patient uuid, p_number uuid, p_at timestamptz) returns timestamptz
      language plpgsql volatile set search_path = public, pg_temp as $$
    begin
      return case p_reason
        when 'do_not_call' then (select max(coalesce(d.until, 'infinity')) from do_not_call d
          where (d.phone_number_id = p_number or d.patient_id = p_patient) and d.lifted_at is null
            and (d.until is null or d.until > p_at))
        -- Asked again when that call ends; this is only how long a lost end can matter.
        when 'number_active' then p_at + interval '10 minutes'
        when 'cap_day' then start_of_local_day(local_day(p_at) + 1)
        -- Seven days running: a place is free when the oldest of those that fill the cap is a week old.
        when 'cap_week' then (
          select start_of_local_day(local_day(min(w.counts_at)) + 7) from (
            select a.counts_at from attempt a
            where a.phone_number_id = p_number
              and a.result is distinct from 'congestion' and (a.result is distinct from 'cancelled' or a.invited_at is not null)
            order by a.counts_at desc
            limit (select (s.value ->> 'capPerWeek')::integer from setting s
              where s.key = 'calling' order by s.version desc limit 1)
          ) w)
        else 'infinity' end;
    end $$;

    -- Why this hour is closed; null when it is open. Times of day are 'HH:MM', which sort as they run.
    create function gate_hour(rule jsonb, kind_of_day text, at timestamptz) returns text
      language sql immutable parallel safe as $$
      select case
        when rule ->> 'holidays' = 'closed' and kind_of_day = 'holiday' then 'holiday'
        when rule ->> 'weekends' = 'closed' and kind_of_day is null
          and extract(isodow from at at time zone 'Asia/Shanghai') >= 6 then 'weekend'
        when not jsonb_path_exists(rule, '$.periods[*] ? (@.opens <= $now && $now < @.closes)',
          jsonb_build_object('now', to_char(at at time zone 'Asia/Shanghai', 'HH24:MI'))) then 'outside_window'
      end
    $$;

    create function gate_programme(p_programme uuid, p_at timestamptz) returns text
      language plpgsql volatile set search_path = public, pg_temp as $$
    begin
      return (select case
        when pr.state <> 'running' then 'programme_not_running'
        when c.id is null then 'no_campaign'
        when c.state <> 'running' then 'campaign_' || c.state
        when not t.enabled then 'trunk_disabled'
        when c.any_hour and t.kind <> 'simulated' then 'any_hour_refused'
        when not c.any_hour then gate_hour(
          (select s.value from setting s where s.key = 'calling' order by s.version desc limit 1)
            || coalesce(c.calling, '{}'),
          (select d.kind from calendar_day d where d.day = local_day(p_at)), p_at)
        end
        from programme pr
        left join campaign c on c.id = pr.campaign_id
        left join trunk t on t.id = c.trunk_id
        where pr.id = p_programme);
    end $$;

    -- May these numbers be dialled for these tasks at this instant? A reason of null: yes.
    create function gate(p_tasks uuid[], p_numbers uuid[], p_at timestamptz, p_attempts uuid[] default null) returns table (place bigint, reason text)
      language plpgsql volatile rows 20 set search_path = public, pg_temp as $$
    begin
      return query
      with asked as materialized (
        select a.place, a.number_id, a.attempt_id, t.state, t.expires_at, t.programme_id, t.patient_id
        from unnest(p_tasks, p_numbers, p_attempts) with ordinality as a (task_id, number_id, attempt_id, place)
        left join task t on t.id = a.task_id
      ), person as (
        select g.place, g.reason from gate_people(
          array(select a.patient_id from asked a order by a.place), array(select a.programme_id from asked a order by a.place),
          p_numbers, p_at, p_attempts) g
      ), way as (
        select d.programme_id, gate_programme(d.programme_id, p_at) as reason
        from (select distinct a.programme_id from asked a) d
      )
      select asked.place, case
        when asked.state is null or asked.state not in ('scheduled', 'retry_wait', 'callback', 'claimed') then 'task_not_open'
        when asked.expires_at <= p_at then 'expired'
        else coalesce(person.reason, way.reason) end
      from asked
      join person on person.place = asked.place
      left join way on way.programme_id = asked.programme_id;
    end $$;

    create function gate_reason(p_task uuid, p_number uuid, p_at timestamptz, p_attempt uuid default null) returns text
      language plpgsql volatile set search_path = public, pg_temp as $$
    begin
      return (select g.reason from gate(array[p_task], array[p_number], p_at, array[p_attempt]) g);
    end $$;
  `.execute(db)
}

/**
 * A waiting task carries the gate's last answer about its person and number, so that a claim does not walk over the
 * same refusals again and "why is nothing dialling" is a count. Asked anew when the task comes to wait, and by triggers
 * on every fact that the answer rests on. It only spares asking: every attempt is judged by the gate itself.
 */
async function holds(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function task_changes() returns trigger language plpgsql as $$
    begin
      new.changed_at := public.app_now();
      new.hold := null;
      new.hold_until := null;
      return new;
    end $$;
    create trigger task_changes before update of state on task
      for each row when (old.state is distinct from new.state) execute function task_changes();

    -- Asks the gate about these tasks, as far as they wait, and keeps what it says. Locks in order of id, so that two of
    -- these never wait for each other.
    create function rehold(p_tasks uuid[]) returns void language plpgsql set search_path = public, pg_temp as $$
    declare
      ids uuid[];
      patients uuid[];
      programmes uuid[];
      numbers uuid[];
      at timestamptz := app_now();
    begin
      if coalesce(cardinality(p_tasks), 0) = 0 then
        return;
      end if;
      select array_agg(w.id), array_agg(w.patient_id), array_agg(w.programme_id), array_agg(w.phone_number_id)
        into ids, patients, programmes, numbers
        from (
          select t.id, t.patient_id, t.programme_id, t.phone_number_id from task t
          where t.id = any (p_tasks) and t.state in ('scheduled', 'retry_wait', 'callback')
          order by t.id for no key update
        ) w;
      if ids is null then
        return;
      end if;
      update task t set hold = said.reason,
          hold_until = case when said.reason is not null
            then gate_reopens(said.reason, t.patient_id, t.phone_number_id, at) end
        from (select ids[g.place] as id, g.reason from gate_people(patients, programmes, numbers, at) g) said
        where t.id = said.id and (said.reason is distinct from t.hold or said.reason is not null);
    end $$;

    -- Judges a whole statement's moves at once (invariant 5), then has the gate asked about those that wait now.
    create function task_born() returns trigger language plpgsql set search_path = public, pg_temp as $$
    declare
      wrong record;
    begin
      select t.state into wrong from new_task t
        where not exists (select from state_move m where m.machine = 'task' and m.from_state = '' and m.to_state = t.state)
        limit 1;
      if found then
        perform refuse_move('task', '', wrong.state);
      end if;
      perform rehold(array(select t.id from new_task t where t.state in ('scheduled', 'retry_wait', 'callback')));
      return null;
    end $$;
    create trigger task_born after insert on task
      referencing new table as new_task for each statement execute function task_born();

    create function task_moved() returns trigger language plpgsql set search_path = public, pg_temp as $$
    declare
      wrong record;
    begin
      select o.state as before, t.state as after into wrong
        from new_task t
        join old_task o on o.id = t.id and o.state <> t.state
        left join state_move m on m.machine = 'task' and m.from_state = o.state and m.to_state = t.state
        where m.machine is null or (m.needs is not null and not exists (
          select from audit_row a where a.object_kind = 'task' and a.object_id = t.id::text and a.action = m.needs
            and a.outcome = 'ok' and a.xact = pg_current_xact_id()))
        limit 1;
      if found then
        perform refuse_move('task', wrong.before, wrong.after);
      end if;

      -- While an attempt is under way the task is its holder's. Death and refusal stop it whoever says so.
      perform from new_task t
        join old_task o on o.id = t.id and o.state <> t.state
        join attempt a on a.task_id = t.id and a.state <> 'ended'
        where o.state in ('claimed', 'in_progress', 'wrapping') and t.state <> 'stopped'
          and not coalesce(lease_allows(a.lease_owner, a.lease_epoch, a.lease_until), false);
      if found then
        raise exception 'the task''s attempt is leased to another writer' using errcode = 'SF003';
      end if;

      perform rehold(array(
        select t.id from new_task t join old_task o on o.id = t.id
        where t.state in ('scheduled', 'retry_wait', 'callback')
          and (t.state <> o.state or t.phone_number_id is distinct from o.phone_number_id or t.patient_id <> o.patient_id)));
      return null;
    end $$;
    create trigger task_moved after update on task
      referencing old table as old_task new table as new_task for each statement execute function task_moved();

    create function fact_changed() returns trigger language plpgsql set search_path = public, pg_temp as $$
    declare
      of_number uuid;
      of_patient uuid;
    begin
      case tg_table_name
        when 'do_not_call' then
          of_number := new.phone_number_id;
          of_patient := new.patient_id;
        when 'phone_number' then of_number := new.id;
        when 'patient' then of_patient := new.id;
        else of_patient := new.patient_id;
      end case;
      if of_number is not null then
        perform rehold(array(select t.id from task t
          where t.phone_number_id = of_number and t.state in ('scheduled', 'retry_wait', 'callback')));
      end if;
      if of_patient is not null then
        perform rehold(array(select t.id from task t
          where t.patient_id = of_patient and t.state in ('scheduled', 'retry_wait', 'callback')));
      end if;
      return null;
    end $$;
    create trigger do_not_call_changed after insert or update on do_not_call
      for each row execute function fact_changed();
    create trigger consent_changed after update on consent
      for each row execute function fact_changed();
    create trigger phone_number_changed after update of flag on phone_number
      for each row when (old.flag is distinct from new.flag) execute function fact_changed();
    create trigger patient_changed after update of deceased_at, merged_into on patient
      for each row when (old.deceased_at is distinct from new.deceased_at or old.merged_into is distinct from new.merged_into)
      execute function fact_changed();
    -- A list adds numbers and consent of thousands at once, most of whom have no task yet.
    create function patients_facts_added() returns trigger language plpgsql set search_path = public, pg_temp as $$
    begin
      perform rehold(array(select t.id from task t
        where t.patient_id in (select a.patient_id from added a) and t.state in ('scheduled', 'retry_wait', 'callback')));
      return null;
    end $$;
    create trigger patient_phone_added after insert on patient_phone
      referencing new table as added for each statement execute function patients_facts_added();
    create trigger consent_added after insert on consent
      referencing new table as added for each statement execute function patients_facts_added();
    create trigger patient_phone_changed after update on patient_phone
      for each row when (old.removed_at is distinct from new.removed_at or old.wrong_person_at is distinct from new.wrong_person_at)
      execute function fact_changed();

    create function caps_changed() returns trigger language plpgsql set search_path = public, pg_temp as $$
    begin
      perform rehold(array(select t.id from task t
        where t.hold in ('cap_day', 'cap_week') and t.state in ('scheduled', 'retry_wait', 'callback')));
      return null;
    end $$;
    create trigger caps_changed after insert on setting
      for each row when (new.key = 'calling') execute function caps_changed();
  `.execute(db)
}

/** Invariant 2: no attempt comes into being, and none is dialled, outside the gate. */
async function gatedAttempts(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Of several who want the same number at once one gets it; the others' rows are dropped, they do not wait.
    create function attempt_wants_number() returns trigger language plpgsql as $$
    begin
      if pg_catalog.pg_try_advisory_xact_lock(pg_catalog.uuid_hash_extended(new.phone_number_id, 0)) then
        return new;
      end if;
      return null;
    end $$;
    create trigger b_attempt_wants_number before insert on attempt
      for each row execute function attempt_wants_number();

    -- The gate, by all that is committed now that the numbers are locked, for all rows of the statement at once. A claim
    -- takes only tasks that nothing holds, so a refusal here is news: everything is taken back, the detail names the
    -- tasks, and the claim tries again without them.
    create function attempt_gated() returns trigger language plpgsql set search_path = public, pg_temp as $$
    declare
      ids uuid[];
      tasks uuid[];
      numbers uuid[];
      refused text;
    begin
      select array_agg(m.id), array_agg(m.task_id), array_agg(m.phone_number_id) into ids, tasks, numbers from made m;
      if ids is null then
        return null;
      end if;
      select string_agg(format('%s %s', tasks[g.place], g.reason), ', ') into refused
        from gate(tasks, numbers, app_now(), ids) g where g.reason is not null;
      if refused is null then
        select string_agg(format('%s other_campaign', m.task_id), ', ') into refused
          from made m
          join task t on t.id = m.task_id
          join programme p on p.id = t.programme_id
          join campaign c on c.id = p.campaign_id
          where c.id <> m.campaign_id or c.trunk_id <> m.trunk_id;
      end if;
      if refused is not null then
        raise exception 'outside the gate: %', refused using errcode = 'SF002', detail = refused;
      end if;
      return null;
    end $$;
    create trigger attempt_gated after insert on attempt
      referencing new table as made for each statement execute function attempt_gated();

    -- A refusal between claim and INVITE still counts.
    create function attempt_gated_again() returns trigger language plpgsql set search_path = public, pg_temp as $$
    declare
      reason text := gate_reason(new.task_id, new.phone_number_id, app_now(), new.id);
    begin
      if reason is not null then
        raise exception 'outside the gate: %', reason using errcode = 'SF002', detail = format('%s %s', new.task_id, reason);
      end if;
      return new;
    end $$;
    create trigger d_attempt_gated_again before update on attempt
      for each row when (old.state = 'created' and new.state = 'dialing') execute function attempt_gated_again();

    -- What else is due on this number now waits for the call, or is free of it.
    create function attempt_holds_number() returns trigger language plpgsql set search_path = public, pg_temp as $$
    begin
      perform rehold(array(select t.id from task t
        where t.phone_number_id = new.phone_number_id and t.id <> new.task_id and t.due_at <= app_now()
          and t.state in ('scheduled', 'retry_wait', 'callback')));
      return null;
    end $$;
    create trigger attempt_holds_number after update of state on attempt
      for each row when (old.state is distinct from new.state and (new.state = 'ended' or old.state = 'created'))
      execute function attempt_holds_number();
  `.execute(db)
}

/** What happened stays: the application's role deletes none of it, and changes nothing that was published. */
async function permissions(db: Kysely<unknown>): Promise<void> {
  await sql`
    revoke delete on patient, encounter, programme, enrolment, task, response, answer, do_not_call, consent, import_run,
      import_row from suifang_app;
    revoke update, delete on questionnaire_version, programme_version, programme_step from suifang_app;
  `.execute(db)
}
