import { readFileSync } from 'node:fs'
import { sql } from 'kysely'
import '#contact-center/contact-center-tables.ts'
import { systemActor } from '#platform/audit/audit-store.ts'
import type { Ground } from '#platform/database/database.ts'
import { newId } from '#platform/ids.ts'
import '../follow-up-tables.ts'
import { addDays } from '../calling/hospital-day.ts'
import { splitRecords } from '../intake/delimited-text.ts'
import { hospitalDay, type IntakeParts, importDischargeList } from '../intake/intake-service.ts'
import { ensureStandardHospital } from '../intake/standard-hospital.ts'
import { demoDepartments, demoList } from './demo-list.ts'

export interface DemoOptions {
  /** Discharges in the list; default 200. */
  readonly discharges?: number
  readonly seed?: number
  /** Where the simulated carrier is; its trunks are pointed to it again at every start. */
  readonly carrier?: { readonly host: string; readonly port: number }
}

export interface LoadedDemo {
  readonly siteId: string
  readonly programmeId: string
  /** Null where the hospital has campaigns of its own, and none for this programme. */
  readonly campaignId: string | null
  /** Discharges loaded by this call; 0 when the hospital had patients already. */
  readonly discharges: number
}

/**
 * What a first start shows: departments, a simulated trunk, the programme 出院 D+7 满意度 with a campaign that may dial at
 * any hour, and discharges of seven days ago, imported the way a hospital imports them.
 *
 * Safe to call at every start: what is there stays as it is. A hospital that has patients gets none of the demo's, and
 * one that has campaigns gets no campaign.
 */
export async function loadDemoHospital(parts: IntakeParts, options: DemoOptions = {}): Promise<LoadedDemo> {
  const { discharges = 200, seed = 20_260_101, carrier = { host: '127.0.0.1', port: 5060 } } = options
  const { siteId, programmeId, campaignId } = await ensureStandardHospital(parts.db)
  await addDepartments(parts.db, siteId)
  const dialling = campaignId ?? (await addCampaign(parts.db, { siteId, programmeId, carrier }))
  const done = { siteId, programmeId, campaignId: dialling }
  if (dialling === null || (await hasPatients(parts.db))) return { ...done, discharges: 0 }
  const list = demoList({ rows: discharges, dischargedOn: addDays(hospitalDay(parts.clock.now()), -7), seed })
  const { report } = await importDischargeList(parts, {
    fileName: '演示出院名单.csv',
    content: { bytes: new TextEncoder().encode(list) },
    actor: systemActor,
  })
  return { ...done, discharges: report.created }
}

async function hasPatients(db: Ground): Promise<boolean> {
  const row = await db.selectFrom('patient').select('id').limit(1).executeTakeFirst()
  return row !== undefined
}

/** Departments of the demo's list with their codes in 诊疗科目名录; a catalogue without one of them is a mistake of ours. */
async function addDepartments(db: Ground, siteId: string): Promise<void> {
  const catalogue = readFileSync(new URL('./departments.csv', import.meta.url), 'utf8')
  const known = new Set(splitRecords(catalogue, ',').map(({ cells }) => cells[0]))
  const rows = Object.entries(demoDepartments).map(([code, name]) => {
    if (!known.has(code)) throw new RangeError(`the catalogue has no department ${code}`)
    return { id: newId(), siteId, code, name, spokenName: name }
  })
  await db
    .insertInto('department')
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

interface CampaignOf {
  readonly siteId: string
  readonly programmeId: string
  readonly carrier: { readonly host: string; readonly port: number }
}

/** Trunk, campaign and the programme's way to it, together or not at all. @returns the campaign's id; null where others are */
async function addCampaign(db: Ground, { siteId, programmeId, carrier }: CampaignOf): Promise<string | null> {
  return db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended('suifang.standard-hospital', 0))`.execute(tx)
    const { campaignId: known } = await tx
      .selectFrom('programme')
      .select('campaignId')
      .where('id', '=', programmeId)
      .executeTakeFirstOrThrow()
    const others = await tx.selectFrom('campaign').select('id').limit(1).executeTakeFirst()
    if (known !== null || others !== undefined) return known
    const trunkId = newId()
    await tx
      .insertInto('trunk')
      .values({
        id: trunkId,
        siteId,
        name: '模拟线路',
        kind: 'simulated',
        ...carrier,
        lines: 20,
        callsPerSecond: 2,
        callerNumber: '09900000000',
        username: null,
        passwordCiphertext: null,
      })
      .execute()
    const campaignId = newId()
    await tx
      .insertInto('campaign')
      .values({
        id: campaignId,
        siteId,
        name: '出院 D+7 满意度',
        trunkId,
        state: 'running',
        pacing: 'agentless',
        anyHour: true,
        ringTimeoutMs: 25_000,
      })
      .execute()
    await tx.updateTable('programme').set({ campaignId }).where('id', '=', programmeId).execute()
    return campaignId
  })
}
