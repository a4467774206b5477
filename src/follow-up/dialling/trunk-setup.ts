import { sql } from 'kysely'
import type { TrunkDraft } from '#contact-center/trunks/trunk.ts'
import type { HousePlace } from '#contact-center/trunks/trunk-host.ts'
import { type TrunkParts, Trunks, type TrunkTestParts } from '#contact-center/trunks/trunk-service.ts'
import { systemActor } from '#platform/audit/audit-store.ts'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import type { Secrets } from '#platform/secrets.ts'
import { gateReasons, isGateReason } from '../calling/gate-reason.ts'
import { ensureStandardHospital } from '../intake/standard-hospital.ts'
import { e164Of, numberIdOf } from '../patients/number-by-text.ts'
import { giveCampaign } from './new-campaign.ts'

/**
 * Where trunks belong, and what a new one brings: every programme that has none gets a paused campaign over it, so that an
 * import and a start are all that lacks.
 */
export function trunkHome(db: Ground): Pick<TrunkParts, 'site' | 'onAdded'> {
  return { site: async () => (await ensureStandardHospital(db)).siteId, onAdded: giveCampaigns }
}

/** Numbers and their words, for test calls. */
export function testNumbers(secrets: Secrets): Pick<TrunkTestParts, 'readNumber' | 'numberId' | 'words'> {
  return {
    readNumber: e164Of,
    numberId: (tx, e164) => numberIdOf(secrets, tx, e164),
    words: (reason) => (isGateReason(reason) ? gateReasons[reason] : (ofTests[reason] ?? { zh: reason, en: reason })),
  }
}

/** What the gate does not know (migration 0024, `trunk_test_reason`). */
const ofTests: Readonly<Record<string, { readonly zh: string; readonly en: string }>> = {
  no_free_line: { zh: '没有空闲线路', en: 'no line is free' },
  tested_often: { zh: '一小时内已拨打 30 次测试电话', en: 'there were 30 test calls in the last hour' },
}

/** The command `trunk`. @returns the trunk's id @throws UserError TRUNK_INVALID, TRUNK_HOST_UNUSABLE, TRUNK_IN_DEMO */
export async function setUpTrunk(
  { db, secrets, house }: { readonly db: Ground; readonly secrets: Secrets; readonly house: HousePlace },
  draft: Omit<TrunkDraft, 'watched'> & { readonly watched?: boolean },
): Promise<string> {
  return new Trunks({ db, secrets, house: () => house, ...trunkHome(db) }).setUp(systemActor, {
    watched: true,
    ...draft,
  })
}

async function giveCampaigns(tx: GroundTransaction, trunkId: string): Promise<void> {
  const { rows } = await sql<{ id: string }>`
    select id from programme where campaign_id is null order by id for update
  `.execute(tx)
  for (const { id } of rows) await giveCampaign(tx, { programmeId: id, trunkId, like: null })
}
