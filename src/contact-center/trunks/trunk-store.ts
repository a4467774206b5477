import { sql } from 'kysely'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import type { DialableTrunk } from '../dialer/dialer.ts'
import type { TrunkFields } from './trunk.ts'
import '../contact-center-tables.ts'

/** Enabled trunks over which a running campaign dials. */
export async function dialableTrunks(db: Ground): Promise<readonly DialableTrunk[]> {
  const { rows } = await sql<DialableTrunk>`
    select t.id, t.calls_per_second from trunk t
    where t.enabled and exists (select from campaign c where c.trunk_id = t.id and c.state = 'running')
    order by t.id
  `.execute(db)
  return rows
}

export async function hasSimulatedTrunk(db: Ground): Promise<boolean> {
  const { rows } = await sql`select from trunk where kind = 'simulated' and enabled limit 1`.execute(db)
  return rows.length > 0
}

/** The simulated carrier takes a port of its own at every start; its trunks follow it, and what they did before is over. */
export async function pointSimulatedTrunks(db: Ground, carrier: { readonly host: string; readonly port: number }) {
  await sql`
    update trunk set host = ${carrier.host}, port = ${carrier.port}, answers = null, answers_since = null, answered_at = null
    where kind = 'simulated' and (host, port) is distinct from (${carrier.host}, ${carrier.port})
  `.execute(db)
  await sql`
    update trunk set carrier_down_since = null, carrier_restarted_at = null, carrier_restarts = 0 where kind = 'simulated'
  `.execute(db)
}

/** Its process is gone: nothing answers at its trunks. @returns their ids */
export async function carrierDied(tx: GroundTransaction): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    update trunk set carrier_down_since = coalesce(carrier_down_since, app_now()) where kind = 'simulated' returning id
  `.execute(tx)
  return rows.map(({ id }) => id)
}

/** It has been started again. @returns ids of its trunks */
export async function carrierRunsAgain(tx: GroundTransaction): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    update trunk set carrier_down_since = null, carrier_restarted_at = app_now(), carrier_restarts = carrier_restarts + 1
    where kind = 'simulated' returning id
  `.execute(tx)
  return rows.map(({ id }) => id)
}

export interface TrunkRow extends TrunkFields {
  readonly id: string
  readonly version: number
  readonly kind: 'simulated' | 'sip'
  readonly enabled: boolean
  readonly username: string | null
  readonly passwordCiphertext: Buffer | null
}

export interface ShownTrunk extends TrunkRow {
  readonly used: number
  readonly campaigns: readonly string[]
  readonly answers: boolean | null
  readonly answersSince: Date | null
  /** Of a simulated one, since the house was opened. */
  readonly carrierDownSince: Date | null
  readonly carrierRestartedAt: Date | null
  readonly carrierRestarts: number
}

export async function trunkRows(db: Ground): Promise<readonly ShownTrunk[]> {
  const { rows } = await sql<ShownTrunk>`
    select t.id, t.version, t.name, t.kind, t.host, t.port, t.lines, t.calls_per_second, t.caller_number, t.watched,
      t.enabled, t.username, t.password_ciphertext, t.answers, t.answers_since,
      t.carrier_down_since, t.carrier_restarted_at, t.carrier_restarts,
      (select count(*)::integer from attempt a where a.trunk_id = t.id and a.state <> 'ended') as used,
      array(select c.name from campaign c where c.trunk_id = t.id order by c.created_at, c.id) as campaigns
    from trunk t order by t.created_at, t.id
  `.execute(db)
  return rows
}

export async function lockTrunk(tx: GroundTransaction, id: string): Promise<TrunkRow | null> {
  const { rows } = await sql<TrunkRow>`
    select id, version, name, kind, host, port, lines, calls_per_second, caller_number, watched, enabled, username,
      password_ciphertext
    from trunk where id = ${id} for no key update
  `.execute(tx)
  return rows[0] ?? null
}

/** Trunks are made and named one after another. */
export async function oneTrunkAtATime(tx: GroundTransaction): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended('suifang.trunk-setup', 0))`.execute(tx)
}

export async function trunkNamed(tx: GroundTransaction, name: string): Promise<string | null> {
  const { rows } = await sql<{ id: string }>`select id from trunk where name = ${name} limit 1`.execute(tx)
  return rows[0]?.id ?? null
}

export async function trunkShowing(tx: GroundTransaction, number: string): Promise<string | null> {
  const { rows } = await sql<{ name: string }>`
    select name from trunk where kind = 'sip' and caller_number = ${number} order by name limit 1
  `.execute(tx)
  return rows[0]?.name ?? null
}

export interface SealedTrunk extends TrunkFields {
  readonly username: string | null
  readonly passwordCiphertext: Buffer | null
}

export async function insertTrunk(
  tx: GroundTransaction,
  id: string,
  siteId: string,
  trunk: SealedTrunk,
): Promise<void> {
  await tx
    .insertInto('trunk')
    .values({ id, siteId, kind: 'sip', answers: null, answersSince: null, answeredAt: null, ...trunk })
    .execute()
}

/** Another address has not answered yet. */
export async function updateTrunk(tx: GroundTransaction, id: string, trunk: SealedTrunk): Promise<void> {
  const { name, host, port, lines, callsPerSecond, callerNumber, watched, username, passwordCiphertext } = trunk
  await sql`
    update trunk set name = ${name}, lines = ${lines}, calls_per_second = ${callsPerSecond}, caller_number = ${callerNumber},
      watched = ${watched}, username = ${username}, password_ciphertext = ${passwordCiphertext}, host = ${host}, port = ${port},
      answers = case when (host, port) = (${host}, ${port}) then answers end,
      answers_since = case when (host, port) = (${host}, ${port}) then answers_since end,
      version = version + 1
    where id = ${id}
  `.execute(tx)
}

export async function enableTrunk(tx: GroundTransaction, id: string, enabled: boolean): Promise<void> {
  await sql`update trunk set enabled = ${enabled}, version = version + 1 where id = ${id}`.execute(tx)
}

export interface FailureRow {
  readonly trunkId: string
  readonly result: string
  readonly sipStatus: number | null
  readonly q850: number | null
  readonly count: number
  readonly lastAt: Date
}

/** Ended calls of the last 24 hours that nobody answered, by what the network said of them. */
export async function failureRows(db: Ground): Promise<readonly FailureRow[]> {
  const { rows } = await sql<FailureRow>`
    select a.trunk_id, a.result, a.sip_status, a.q850, count(*)::integer as count, max(a.ended_at) as last_at
    from attempt a
    where a.counts_at > app_now() - interval '1 day' and a.state = 'ended' and a.answered_at is null
      and a.result <> 'cancelled'
    group by a.trunk_id, a.result, a.sip_status, a.q850
  `.execute(db)
  return rows
}

export async function dialledCounts(db: Ground): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql<{ trunkId: string; count: number }>`
    select trunk_id, count(*)::integer as count from attempt
    where counts_at > app_now() - interval '1 day' and invited_at is not null group by trunk_id
  `.execute(db)
  return new Map(rows.map(({ trunkId, count }) => [trunkId, count]))
}

export interface TestRow {
  readonly trunkId: string
  readonly at: Date
  readonly by: string | null
  readonly answered: boolean
  readonly cause: string
  readonly sipStatus: number | null
  readonly q850: number | null
}

export async function lastTests(db: Ground): Promise<readonly TestRow[]> {
  const { rows } = await sql<TestRow>`
    select distinct on (t.trunk_id) t.trunk_id, t.at, u.display_name as by, t.answered, t.cause, t.sip_status, t.q850
    from trunk_test t left join user_account u on u.id = t.by_account
    where t.ended_at is not null order by t.trunk_id, t.at desc
  `.execute(db)
  return rows
}

/** Why the number may not be called for a test; null: it may. */
export async function testRefusal(tx: GroundTransaction, trunkId: string, numberId: string): Promise<string | null> {
  const { rows } = await sql<{ reason: string | null }>`
    select trunk_test_reason(${trunkId}, ${numberId}, app_now()) as reason
  `.execute(tx)
  return rows[0]?.reason ?? null
}

/** Two tests of one number meet at its row. */
export async function insertTest(
  tx: GroundTransaction,
  test: { readonly id: string; readonly trunkId: string; readonly numberId: string; readonly by: string | null },
): Promise<void> {
  await sql`
    insert into trunk_test (id, trunk_id, phone_number_id, by_account)
    values (${test.id}, ${test.trunkId}, ${test.numberId}, ${test.by})
  `.execute(tx)
}

export async function lockNumber(tx: GroundTransaction, numberId: string): Promise<void> {
  await sql`select from phone_number where id = ${numberId} for no key update`.execute(tx)
}

export async function endTest(
  db: Ground | GroundTransaction,
  id: string,
  ended: {
    readonly answered: boolean
    readonly cause: string
    readonly sipStatus: number | null
    readonly q850: number | null
  },
): Promise<void> {
  await sql`
    update trunk_test set ended_at = app_now(), answered = ${ended.answered}, cause = ${ended.cause},
      sip_status = ${ended.sipStatus}, q850 = ${ended.q850}
    where id = ${id}
  `.execute(db)
}

export interface WatchedTrunk {
  readonly id: string
  readonly name: string
  readonly host: string
  readonly port: number
  /** Null: it has never answered. */
  readonly answers: boolean | null
}

/** Those that are asked whether they are there. */
export async function watchedTrunks(db: Ground): Promise<readonly WatchedTrunk[]> {
  const { rows } = await sql<WatchedTrunk>`
    select id, name, host, port, answers from trunk where enabled and watched order by id
  `.execute(db)
  return rows
}

/** It answers. @returns whether it did not before */
export async function trunkAnswered(tx: GroundTransaction, { id, host, port }: WatchedTrunk): Promise<boolean> {
  const { rows } = await sql<{ was: boolean | null }>`
    with before as (select answers from trunk where id = ${id} and (host, port) = (${host}, ${port}) for no key update)
    update trunk t set answered_at = app_now(), answers = true,
      answers_since = case when b.answers then t.answers_since else app_now() end
    from before b where t.id = ${id} returning b.answers as was
  `.execute(tx)
  return rows[0] !== undefined && rows[0].was !== true
}

/** It has been silent, to every node, for so long. @returns whether it answered until then */
export async function trunkFellSilent(
  tx: GroundTransaction,
  { id, host, port }: WatchedTrunk,
  silentSeconds: number,
): Promise<boolean> {
  const { rows } = await sql`
    update trunk set answers = false, answers_since = app_now()
    where id = ${id} and (host, port) = (${host}, ${port}) and answers and enabled and watched
      and answered_at < app_now() - make_interval(secs => ${silentSeconds}) returning id
  `.execute(tx)
  return rows.length > 0
}

/** Trunks that have fallen silent and would be dialled over. */
export async function silentTrunks(
  db: Ground | GroundTransaction,
): Promise<readonly { readonly name: string; readonly since: Date }[]> {
  const { rows } = await sql<{ name: string; since: Date }>`
    select name, answers_since as since from trunk
    where enabled and watched and not answers order by answers_since, id
  `.execute(db)
  return rows
}
