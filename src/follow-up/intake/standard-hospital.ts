import { sql } from 'kysely'
import { flowFolder, readJson } from '#contact-center/ivr/flow-files.ts'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import { newId } from '#platform/ids.ts'
import { seedCalendar } from '../calling/calendar-service.ts'
import {
  publishFlowVersion,
  publishProgrammeVersion,
  publishQuestionnaireVersion,
} from '../programmes/publish-programme.ts'
import '../follow-up-tables.ts'
import { defaultRetryPlan } from '../tasks/retry.ts'

const shippedFlows = new URL('../../../ivr-flows/', import.meta.url).pathname
const SURVEY = 'discharge-satisfaction'
const OPENING = 'follow-up-opening'

export interface StandardHospital {
  readonly siteId: string
  readonly programmeId: string
  /** Null until a trunk is given to it. */
  readonly campaignId: string | null
}

/**
 * The least that a hospital needs before a list can be imported: the calendar of holidays, a site, and the programme that
 * takes every discharge.
 * Made once, where nothing is there yet; an import on an empty data folder and the first start both come here.
 */
export async function ensureStandardHospital(db: Ground, flows: string = shippedFlows): Promise<StandardHospital> {
  // Before anything can fall due: without the year's holidays calls would leave on them.
  await seedCalendar(db)
  return db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended('suifang.standard-hospital', 0))`.execute(tx)
    const siteId = (await firstSite(tx)) ?? (await addSite(tx))
    const known = await programmeOf(tx, siteId)
    return known ?? { siteId, programmeId: await addProgramme(tx, siteId, flows), campaignId: null }
  })
}

async function firstSite(tx: GroundTransaction): Promise<string | null> {
  const row = await tx.selectFrom('site').select('id').orderBy('createdAt').orderBy('id').limit(1).executeTakeFirst()
  return row?.id ?? null
}

async function addSite(tx: GroundTransaction): Promise<string> {
  const id = newId()
  await tx.insertInto('site').values({ id, code: 'main', name: '本院' }).execute()
  return id
}

/** The hospital's standard programme, if one of its programmes takes what no other takes. */
async function programmeOf(tx: GroundTransaction, siteId: string): Promise<StandardHospital | null> {
  const row = await tx
    .selectFrom('programme')
    .select(['id', 'campaignId'])
    .where('siteId', '=', siteId)
    .orderBy('isDefault', 'desc')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst()
  return row ? { siteId, programmeId: row.id, campaignId: row.campaignId } : null
}

/**
 * 出院 D+7 满意度: seven days after any discharge, a keypress survey of five questions. It rests on the hospital's duty
 * to ask how it was; a hospital that asks on consent publishes a programme of its own.
 */
async function addProgramme(tx: GroundTransaction, siteId: string, flows: string): Promise<string> {
  const { folder } = flowFolder(flows)
  const flowVersionId = await publishFlowVersion(tx, SURVEY, readJson(`${folder}/${SURVEY}.json`))
  const questionnaireVersionId = await publishQuestionnaireVersion(tx, {
    code: SURVEY,
    name: '出院满意度',
    document: readJson(`${folder}/questionnaires/${SURVEY}.json`),
  })
  // A template for agents' forms, which no programme uses until the hospital says so (requirements D11).
  await publishQuestionnaireVersion(tx, {
    code: OPENING,
    name: '出院随访开场四问',
    document: readJson(`${folder}/questionnaires/${OPENING}.json`),
  })
  const id = newId()
  await tx
    .insertInto('programme')
    .values({
      id,
      siteId,
      code: SURVEY,
      name: '出院 D+7 满意度',
      departmentId: null,
      campaignId: null,
      legalBasis: 'duty',
      purpose: 'satisfaction',
      isDefault: true,
    })
    .execute()
  await publishProgrammeVersion(tx, id, {
    match: { kinds: ['inpatient'] },
    // Who was transferred or left against advice is asked too; the dead and who refused never are.
    exclusions: { dispositions: [] },
    retry: defaultRetryPlan,
    steps: [{ afterDays: 7, dueTime: '00:00', questionnaireVersionId, flowVersionId }],
  })
  return id
}
