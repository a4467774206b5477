import type pg from 'pg'
import { openHours } from '../harness/open-hours.ts'

/** How much the bench loads. */
export interface ClaimData {
  /** A multiple of 10; everything else follows from the figures, which are for 100,000. */
  readonly patients: number
  /** A number as the application seals it; the same for everybody, told apart by its HMAC alone. */
  readonly sealedNumber: Buffer
  /** The flow and the form that every call runs, as shipped. */
  readonly flow: string
  readonly questionnaire: string
}

/** Ids that the bench needs to know; the loader makes ids from a kind and a number, so that they sort as they are made. */
export const claimIds = {
  /** The trunk that is dialled. */
  trunk: id(3, 1),
  /** Its campaigns: the main one, the one that needs consent, the one whose window is closed. */
  campaigns: [id(4, 1), id(4, 2), id(4, 3)],
} as const

function id(kind: number, n: number): string {
  return `${kind.toString(16).padStart(8, '0')}-0000-7000-8000-${n.toString(16).padStart(12, '0')}`
}

/**
 * Loads, for 100,000 patients: 1,000,000 tasks (600,000 done, 200,000 to come, 200,000 due) and 1,000,000 past attempts.
 * By patient's number modulo 10, the two due tasks of each are: 0 on the do-not-call list, 1 capped for today, 2 in a
 * programme without the consent it needs, 3 in a campaign whose window is closed, 4 on a number that is in a call on
 * another trunk; 5–9 callable. The blocked ones fell due first. Otherwise tasks fall due in the order in which patients
 * were discharged, as they do, mixed up within some hundred.
 *
 * Rows are written with triggers off, as a restore would, and then the due tasks are judged once by the database's own
 * trigger, which in production does so fact by fact.
 * @param client connected as superuser
 */
export async function loadClaimData(client: pg.Client, data: ClaimData, note: (text: string) => void): Promise<void> {
  const p = data.patients
  const text = (value: string) => client.escapeLiteral(value)
  await client.query(`
    create function pg_temp.id(kind integer, n bigint) returns uuid language sql immutable as $$
      select (lpad(to_hex(kind), 8, '0') || '-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid
    $$;
    set session_replication_role = replica;
    set synchronous_commit = off;
    set maintenance_work_mem = '256MB';
  `)
  note('trunks, programmes, patients')
  await client.query(`
    ${openHours};
    insert into site (id, code, name) values (pg_temp.id(1, 1), 'main', '总院');
    insert into trunk (id, site_id, name, kind, host, port, lines, calls_per_second, caller_number)
      values (pg_temp.id(3, 1), pg_temp.id(1, 1), 'dialled', 'sip', '127.0.0.1', 5060, 1000, 50, '07520000000'),
        (pg_temp.id(3, 2), pg_temp.id(1, 1), 'other', 'sip', '127.0.0.1', 5062, 100000, 50, '07520000001');
    insert into flow (id, code) values (pg_temp.id(5, 1), 'bench');
    insert into flow_version (id, flow_id, version, definition, sha256)
      values (pg_temp.id(6, 1), pg_temp.id(5, 1), 1, ${text(data.flow)}, sha256('bench'));
    insert into questionnaire (id, code, name) values (pg_temp.id(21, 1), 'bench', 'bench');
    insert into questionnaire_version (id, questionnaire_id, version, definition)
      values (pg_temp.id(22, 1), pg_temp.id(21, 1), 1, ${text(data.questionnaire)});
    insert into campaign (id, site_id, name, trunk_id, state, calling)
      select pg_temp.id(4, n), pg_temp.id(1, 1), 'campaign ' || n, pg_temp.id(3, case n when 4 then 2 else 1 end), 'running',
        -- A window that is open whenever the bench runs, and one that never is.
        case n when 3 then '{"periods": [], "holidays": "open"}'
          else '{"periods": [{"opens": "00:00", "closes": "24:00"}], "holidays": "open"}' end::jsonb
      from generate_series(1, 4) n;
    insert into programme (id, site_id, code, name, campaign_id, legal_basis, purpose)
      select pg_temp.id(7, n), pg_temp.id(1, 1), 'p' || n, 'programme ' || n, pg_temp.id(4, n),
        case n when 2 then 'consent' else 'duty' end, 'satisfaction'
      from generate_series(1, 4) n;
    insert into programme_version (id, programme_id, version, match, exclusions, retry)
      select pg_temp.id(8, n), pg_temp.id(7, n), 1, '{}', '{}', '{}' from generate_series(1, 4) n;
    insert into programme_step (id, programme_version_id, position, after_days, questionnaire_version_id, flow_version_id)
      select pg_temp.id(9, n * 100 + s), pg_temp.id(8, n), s, s * 7, pg_temp.id(22, 1), pg_temp.id(6, 1)
      from generate_series(1, 4) n, generate_series(1, 10) s;

    insert into phone_number (id, hmac, ciphertext, last4)
      select pg_temp.id(10, n), sha256(n::text::bytea), '\\x${data.sealedNumber.toString('hex')}', lpad((n % 10000)::text, 4, '0')
      from generate_series(0, ${p - 1}) n;
    insert into patient (id, site_id, patient_no, name, sex)
      select pg_temp.id(11, n), pg_temp.id(1, 1), 'P' || n, '患者' || n, '1' from generate_series(0, ${p - 1}) n;
    insert into patient_phone (id, patient_id, phone_number_id, position, relation)
      select pg_temp.id(12, n), pg_temp.id(11, n), pg_temp.id(10, n), 1, '0' from generate_series(0, ${p - 1}) n;
    insert into encounter (id, site_id, patient_id, kind, encounter_no, discharged_on)
      select pg_temp.id(13, n), pg_temp.id(1, 1), pg_temp.id(11, n), 'inpatient', 'E' || n, local_day(app_now()) - 60
      from generate_series(0, ${p - 1}) n;
    insert into enrolment (id, patient_id, encounter_id, programme_id, programme_version_id, state, anchor_on)
      select pg_temp.id(14, n), pg_temp.id(11, n), pg_temp.id(13, n), pg_temp.id(7, g.p), pg_temp.id(8, g.p), 'active',
        local_day(app_now()) - 60
      from generate_series(0, ${p - 1}) n, lateral (select case n % 10 when 2 then 2 when 3 then 3 else 1 end as p) g;
    insert into do_not_call (id, phone_number_id, source)
      select pg_temp.id(15, n), pg_temp.id(10, n), 'supervisor' from generate_series(0, ${p - 1}, 10) n;
  `)
  note('tasks')
  await client.query(`
    -- Steps 1–6 done, 7–8 due, 9–10 to come.
    insert into task (id, enrolment_id, patient_id, programme_id, programme_version_id, step_id, state, due_on, due_at,
        expires_at, phone_number_id)
      select pg_temp.id(16, s * ${p}::bigint + n), pg_temp.id(14, n), pg_temp.id(11, n), pg_temp.id(7, g.p), pg_temp.id(8, g.p),
        pg_temp.id(9, g.p * 100 + s), case when s <= 6 then 'completed' else 'scheduled' end,
        local_day(due.at), due.at, app_now() + interval '60 days', pg_temp.id(10, n)
      from generate_series(1, 10) s, generate_series(0, ${p - 1}) n,
        lateral (select case n % 10 when 2 then 2 when 3 then 3 else 1 end as p) g,
        lateral (select case
          when s <= 6 then app_now() - make_interval(days => (8 - s) * 7)
          when s >= 9 then app_now() + make_interval(days => (s - 8) * 7, secs => n)
          -- Due in the order of discharge, a list of some hundred mixed up in itself, the two steps of a patient apart;
          -- whoever is blocked has been due longer.
          else app_now() - make_interval(hours => case when n % 10 < 5 then 100 else 2 end)
            + make_interval(secs => (n + n * 7919::bigint % 400 + s % 2 * ${p / 2}) % ${p} * 7200.0 / ${p}) end as at) due;
  `)
  note('attempts')
  await client.query(`
    -- Ten a patient over the last two years, before today.
    insert into attempt (id, task_id, campaign_id, trunk_id, phone_number_id, flow_version_id, state, result, created_at,
        dialing_at, invited_at, ringing_at, ended_at)
      select pg_temp.id(17, k * ${p}::bigint + n), pg_temp.id(16, (1 + k % 6) * ${p}::bigint + n), pg_temp.id(4, 1),
        pg_temp.id(3, 1), pg_temp.id(10, n), pg_temp.id(6, 1), 'ended',
        case when k % 3 = 0 then 'completed' else 'no_answer' end, t.at, t.at, t.at, t.at, t.at + interval '40 seconds'
      from generate_series(0, 9) k, generate_series(0, ${p - 1}) n,
        lateral (select start_of_local_day(local_day(app_now()))
          - make_interval(days => (9 - k) * 73 + (n * 7 % 73)::integer, hours => 5, secs => (n % 10000)::integer) as at) t
      order by t.at;
    -- Capped: two today. On a call: one active, on the other trunk.
    insert into attempt (id, task_id, campaign_id, trunk_id, phone_number_id, state, result, created_at, dialing_at,
        invited_at, ended_at)
      select pg_temp.id(18, k * ${p}::bigint + n), pg_temp.id(16, 1 * ${p}::bigint + n), pg_temp.id(4, 1), pg_temp.id(3, 1),
        pg_temp.id(10, n), 'ended', 'no_answer', t.at, t.at, t.at, t.at
      from generate_series(1, 2) k, generate_series(1, ${p - 1}, 10) n, lateral (select app_now() as at) t;
    insert into attempt (id, task_id, campaign_id, trunk_id, phone_number_id, state, created_at, dialing_at, invited_at,
        lease_owner, lease_epoch, lease_until)
      select pg_temp.id(19, n), pg_temp.id(16, 1 * ${p}::bigint + n), pg_temp.id(4, 4), pg_temp.id(3, 2),
        pg_temp.id(10, n), 'dialing', app_now(), app_now(), app_now(), 'other', 1, clock_timestamp() + interval '1 day'
      from generate_series(4, ${p - 1}, 10) n;
  `)
  note('what the gate says of the due tasks')
  await client.query(`
    set session_replication_role = origin;
    analyze;
    select rehold(array(select id from task where state = 'scheduled' and due_at <= app_now()));
  `)
  note('vacuum')
  await client.query('vacuum (analyze)')
  await client.query('checkpoint')
}
