import { isDeepStrictEqual } from 'node:util'
import { sql } from 'kysely'
import { Compile } from 'typebox/compile'
import { type Actor, type AuditAction, writeAudit } from '#platform/audit/audit-store.ts'
import { transacted } from '#platform/database/again.ts'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import { UserError } from '#platform/errors/errors.ts'
import { newId } from '#platform/ids.ts'
import { appendToStream, type NewStreamEvent } from '#platform/realtime/stream-store.ts'
import { giveCampaign, trunkForNew } from '../dialling/new-campaign.ts'
import { createdAttempts } from '../dialling/work-store.ts'
import type { ProgrammeState } from '../follow-up-tables.ts'
import { liveStream } from '../live/live-schema.ts'
import { releaseAttempts } from '../tasks/release.ts'
import { defaultRetryPlan, RetryPlan } from '../tasks/retry.ts'
import { stopWithProgrammes } from '../tasks/task-sweep.ts'
import { tellDiallers } from '../tasks/work-channel.ts'
import { checkContent, type Known } from './programme-check.ts'
import './programme-errors.ts'
import { contentOf } from './programme-reading.ts'
import type { NewProgramme, NextVersion, ProgrammeContent, StateWish } from './programme-schema.ts'
import {
  endEnrolments,
  hospitalDay,
  isNameTaken,
  lockNames,
  lockProgramme,
  openTasks,
  publishedRows,
  renameProgramme,
  siteChoices,
  type VersionRow,
  versionRows,
} from './programme-store.ts'
import { publishProgrammeVersion } from './publish-programme.ts'

/**
 * A new programme with its first version and its campaign, both paused.
 * @returns its id
 * @throws UserError PROGRAMME_SITE_UNKNOWN, PROGRAMME_NAME_TAKEN, PROGRAMME_DEFAULT_TAKEN, PROGRAMME_UNKNOWN (of `copyOf`) and
 *   what {@link checkContent} refuses
 */
export async function createProgramme(db: Ground, actor: Actor, wish: NewProgramme): Promise<string> {
  const { siteId, legalBasis, purpose, isDefault, content, copyOf = null } = wish
  const [name, reason] = [wish.name.trim(), wish.reason.trim()]
  const id = newId()
  await oneDefault(() =>
    transacted(db, async (tx) => {
      if (!(await siteChoices(tx)).some((site) => site.id === siteId)) throw new UserError('PROGRAMME_SITE_UNKNOWN')
      await requireFreeName(tx, { siteId, name, except: null })
      const steps = checkContent(content, { isDefault, known: await knownTo(tx, null) })
      const retry = copyOf === null ? defaultRetryPlan : retryOf(await inForce(tx, copyOf))
      await tx
        .insertInto('programme')
        .values({
          id,
          siteId,
          // Whoever reads rows goes by the id; people go by the name.
          code: id,
          name,
          departmentId: null,
          campaignId: null,
          state: 'paused',
          legalBasis,
          purpose,
          isDefault,
        })
        .execute()
      const by = { accountId: actor.accountId, reason }
      await publishProgrammeVersion(tx, id, { ...content, steps, retry, by })
      const way = await trunkForNew(tx, { siteId, copyOf })
      if (way !== null) await giveCampaign(tx, { programmeId: id, ...way })
      const detail = { name, legalBasis, purpose, isDefault, copyOf, reason, to: content }
      await tell(tx, { actor, action: 'programme.created', id, detail })
    }),
  )
  return id
}

/**
 * Publishes the next version. Who is enrolled stays under theirs; discharges from now on go by this one.
 * @returns its number
 * @throws UserError PROGRAMME_UNKNOWN, PROGRAMME_CHANGED, PROGRAMME_UNCHANGED, PROGRAMME_NAME_TAKEN and what
 *   {@link checkContent} refuses
 */
export async function publishNextVersion(
  db: Ground,
  actor: Actor,
  { programmeId, ...wish }: NextVersion & { readonly programmeId: string },
): Promise<number> {
  const { basedOn, content } = wish
  const [name, reason] = [wish.name.trim(), wish.reason.trim()]
  return transacted(db, async (tx) => {
    const programme = await lockProgramme(tx, programmeId)
    if (programme === null) throw new UserError('PROGRAMME_UNKNOWN')
    const before = await inForce(tx, programmeId)
    if (before.version !== basedOn) throw new UserError('PROGRAMME_CHANGED', { version: before.version })
    const { siteId, isDefault } = programme
    const renamed = name !== programme.name
    const from = contentOf(before)
    const changed = !isDeepStrictEqual(from, content)
    if (!renamed && !changed) throw new UserError('PROGRAMME_UNCHANGED')
    if (renamed) {
      await requireFreeName(tx, { siteId, name, except: programmeId })
      await renameProgramme(tx, programmeId, name)
      const detail = { reason, from: programme.name, to: name }
      await tell(tx, { actor, action: 'programme.renamed', id: programmeId, detail })
    }
    if (!changed) return before.version
    const steps = checkContent(content, { isDefault, known: await knownTo(tx, from) })
    const by = { accountId: actor.accountId, reason }
    await publishProgrammeVersion(tx, programmeId, { ...content, steps, retry: retryOf(before), by })
    const version = before.version + 1
    await tell(tx, {
      actor,
      action: 'programme.published',
      id: programmeId,
      detail: { version, reason, from, to: content },
    })
    return version
  })
}

const stateWords: Readonly<Record<ProgrammeState, AuditAction>> = {
  running: 'programme.started',
  paused: 'programme.paused',
  stopped: 'programme.stopped',
}

/**
 * Runs, pauses or stops it. Paused it takes discharges in and dials nobody; stopped it takes none, and every task that waits
 * ends as `programme_stopped`. What is claimed is given back, calls in progress go on.
 * @throws UserError PROGRAMME_UNKNOWN, PROGRAMME_STATE, PROGRAMME_NAME_TAKEN, PROGRAMME_DEFAULT_TAKEN
 */
export async function moveProgramme(
  db: Ground,
  actor: Actor,
  { programmeId, to, reason }: StateWish & { readonly programmeId: string },
): Promise<void> {
  await oneDefault(() =>
    transacted(db, async (tx) => {
      const programme = await lockProgramme(tx, programmeId)
      if (programme === null) throw new UserError('PROGRAMME_UNKNOWN')
      const { state: from, campaignId, siteId, name } = programme
      if (from === to) return
      if (from === 'stopped' && to === 'paused') throw new UserError('PROGRAMME_STATE')
      // A stopped one lends its name to whoever takes it.
      if (from === 'stopped') await requireFreeName(tx, { siteId, name, except: programmeId })
      await sql`update programme set state = ${to} where id = ${programmeId}`.execute(tx)
      const claimed = to === 'running' || campaignId === null ? [] : await createdAttempts(tx, campaignId)
      const released = await releaseAttempts(tx, claimed)
      const { waiting, callback, suspended } = await openTasks(tx, programmeId)
      if (to === 'stopped') await endEnrolments(tx, programmeId, 'programme_stopped')
      await tellDiallers(tx)
      const tasksStopped = to === 'stopped' ? waiting + callback + suspended : 0
      const detail = { from, reason: reason.trim(), tasksStopped }
      await tell(tx, { actor, action: stateWords[to], id: programmeId, detail }, released)
    }),
  )
  // There may be tens of thousands: in small transactions. Should they not come to their end, the sweep goes on with them.
  if (to === 'stopped') await stopWithProgrammes(db)
}

/** Until the transaction ends nobody else gives it away. @throws UserError PROGRAMME_NAME_TAKEN */
async function requireFreeName(tx: GroundTransaction, wanted: Parameters<typeof isNameTaken>[1]): Promise<void> {
  await lockNames(tx, wanted.siteId)
  if (await isNameTaken(tx, wanted)) throw new UserError('PROGRAMME_NAME_TAKEN', { name: wanted.name })
}

interface Told {
  readonly actor: Actor
  readonly action: AuditAction
  readonly id: string
  readonly detail: Readonly<Record<string, unknown>>
}

/** The audit row, and the pages; the stream last. */
async function tell(
  tx: GroundTransaction,
  { actor, action, id, detail }: Told,
  before: readonly NewStreamEvent[] = [],
): Promise<void> {
  await writeAudit(tx, { actor, action, object: { kind: 'programme', id }, outcome: 'ok', detail })
  await appendToStream(tx, liveStream, [...before, { type: 'programme.changed', payload: { programmeId: id } }])
}

const retryShape = Compile(RetryPlan)

function retryOf({ retry }: VersionRow): RetryPlan {
  return retryShape.Check(retry) ? retry : defaultRetryPlan
}

async function inForce(tx: GroundTransaction, programmeId: string): Promise<VersionRow> {
  const [version] = await versionRows(tx, { programmeId })
  if (version === undefined) throw new UserError('PROGRAMME_UNKNOWN')
  return version
}

/** @param before what is in force */
async function knownTo(tx: GroundTransaction, before: ProgrammeContent | null): Promise<Known> {
  const published = await publishedRows(tx)
  const fixed = before?.steps.flatMap(({ fixedOn }) => fixedOn ?? []) ?? []
  const ids = (kind: string) => new Set(published.filter((one) => one.kind === kind).map(({ id }) => id))
  return {
    questionnaires: ids('questionnaire'),
    flows: ids('flow'),
    today: await hospitalDay(tx),
    fixedDays: new Set(fixed),
  }
}

/** The database holds that a site has one default programme; whoever comes second is told so. */
async function oneDefault(act: () => Promise<void>): Promise<void> {
  try {
    await act()
  } catch (error) {
    if (error instanceof Error && 'constraint' in error && error.constraint === 'programme_default') {
      throw new UserError('PROGRAMME_DEFAULT_TAKEN', {}, { cause: error })
    }
    throw error
  }
}
