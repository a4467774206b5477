import { Compile } from 'typebox/compile'
import { lastChange } from '#platform/audit/audit-reading.ts'
import { type Actor, writeAudit } from '#platform/audit/audit-store.ts'
import { transacted } from '#platform/database/again.ts'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import { UserError } from '#platform/errors/errors.ts'
import { appendToStream } from '#platform/realtime/stream-store.ts'
import { type CallingRule, CampaignCalling, liesWithin, parseCampaignCalling } from '../calling/calling-rule.ts'
import { readCallingRule } from '../calling/calling-rule-service.ts'
import { releaseAttempts } from '../tasks/release.ts'
import { defaultRetryPlan, RetryPlan } from '../tasks/retry.ts'
import { tellDiallers } from '../tasks/work-channel.ts'
import type { CampaignBoard, CampaignSettings, SettingsWish } from './campaign-settings-schema.ts'
import { campaignRow, programmeRetry, teamChoices, trunkChoices, writeSettings } from './campaign-settings-store.ts'
import { createdAttempts } from './work-store.ts'
import './campaign-errors.ts'

/** @throws UserError CAMPAIGN_UNKNOWN */
export async function campaignBoard(db: Ground, id: string): Promise<CampaignBoard> {
  const { version, name, settings } = await settingsOf(db, id)
  const [rule, retry, trunks, teams, changed] = await Promise.all([
    readCallingRule(db),
    programmeRetry(db, id),
    trunkChoices(db),
    teamChoices(db),
    lastChange(db, { kind: 'campaign', id, action: 'campaign.changed' }),
  ])
  const { periods, holidays, weekends } = rule
  return {
    version,
    name,
    settings,
    hospital: { periods, holidays, weekends },
    programmeRetry: retryShape.Check(retry) ? retry : defaultRetryPlan,
    trunks,
    teams,
    changed: changed === null ? null : { ...changed, at: changed.at.toISOString() },
  }
}

/**
 * Makes these the campaign's settings. They hold from the next claim on: what is claimed and not dialled is given back in the
 * same transaction, calls in progress go on.
 * @throws UserError CAMPAIGN_UNKNOWN, CAMPAIGN_CHANGED, and what {@link refuse} refuses; nothing is changed then
 */
export async function changeCampaignSettings(
  db: Ground,
  campaignId: string,
  { actor, basedOn, settings, reason }: SettingsWish & { readonly actor: Actor },
): Promise<void> {
  await transacted(db, async (tx) => {
    const before = await settingsOf(tx, campaignId, true)
    if (before.version !== basedOn) throw new UserError('CAMPAIGN_CHANGED')
    await refuse(tx, before.settings, settings)
    const version = await writeSettings(tx, campaignId, settings)
    const released = await releaseAttempts(tx, await createdAttempts(tx, campaignId))
    const object = { kind: 'campaign', id: campaignId }
    const detail = { version, reason, from: before.settings, to: settings }
    await writeAudit(tx, { actor, action: 'campaign.changed', object, outcome: 'ok', detail })
    await tellDiallers(tx)
    await appendToStream(tx, 'live', [...released, { type: 'calling.changed', payload: {} }])
  })
}

const retryShape = Compile(RetryPlan)
const callingShape = Compile(CampaignCalling)
const pacings = ['agentless', 'progressive', 'preview'] as const

async function settingsOf(db: Ground | GroundTransaction, id: string, lock = false) {
  const row = await campaignRow(db, id, lock)
  if (row === null) throw new UserError('CAMPAIGN_UNKNOWN')
  const { version, name, trunkId, anyHour, teamId, rating, ringTimeoutMs, calling, retry } = row
  const settings: CampaignSettings = {
    trunkId,
    anyHour,
    pacing: pacings.find((one) => one === row.pacing) ?? 'agentless',
    teamId,
    ringSeconds: Math.round(ringTimeoutMs / 1_000),
    calling: callingShape.Check(calling) ? calling : null,
    retry: retryShape.Check(retry) ? retry : null,
    rating,
  }
  return { version, name, settings }
}

async function refuse(tx: GroundTransaction, before: CampaignSettings, wished: CampaignSettings): Promise<void> {
  const { trunkId, anyHour, pacing, teamId, calling, retry } = wished
  const trunk = (await trunkChoices(tx)).find(({ id }) => id === trunkId)
  if (trunk === undefined) throw new UserError('CAMPAIGN_TRUNK_UNKNOWN')
  if (!trunk.enabled && trunkId !== before.trunkId) throw new UserError('CAMPAIGN_TRUNK_DISABLED', { name: trunk.name })
  if (anyHour && trunk.kind !== 'simulated') throw new UserError('CAMPAIGN_ANY_HOUR_REAL', { name: trunk.name })
  if (anyHour && calling !== null) throw new UserError('CAMPAIGN_HOURS_AND_ANY')
  if (teamId !== null && !(await teamChoices(tx)).some(({ id }) => id === teamId))
    throw new UserError('CAMPAIGN_TEAM_UNKNOWN')
  if (pacing !== 'agentless' && teamId === null) throw new UserError('CAMPAIGN_TEAM_MISSING')
  const rule = await readCallingRule(tx)
  if (calling !== null && !liesWithin(rule, parseCampaignCalling(calling)))
    throw new UserError('CAMPAIGN_HOURS_OUTSIDE')
  if (retry !== null) refusePlan(retry, rule)
}

/** A plan names every result once, and none that dials on where a number is nobody's. */
function refusePlan({ rules, maxPerDay }: RetryPlan, { capPerDay }: CallingRule): void {
  for (const shipped of defaultRetryPlan.rules) {
    const own = rules.filter(({ result }) => result === shipped.result)
    const fits = own.length === 1 && (shipped.number === 'drop') === (own[0]?.number === 'drop')
    if (!fits) throw new UserError('CAMPAIGN_RETRY_INVALID', { result: shipped.result })
  }
  const stranger = rules.find(({ result }) => !defaultRetryPlan.rules.some((shipped) => shipped.result === result))
  if (stranger !== undefined) throw new UserError('CAMPAIGN_RETRY_INVALID', { result: stranger.result })
  // Whoever sets it believes in a number a day that never comes to count.
  if (maxPerDay > capPerDay) throw new UserError('CAMPAIGN_RETRY_BEYOND_CAP', { perDay: maxPerDay, cap: capPerDay })
}
