import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import { UnexpectedError, UserError } from '#platform/errors/errors.ts'
import { lastOffset } from '#platform/realtime/stream-store.ts'
import { liveStream } from '../live/live-schema.ts'
import { goesOnAt } from '../status/goes-on.ts'
import { whyNot } from '../status/why-not.ts'
import './programme-errors.ts'
import {
  type Missing,
  type ProgrammeCard,
  type ProgrammeChoices,
  ProgrammeContent,
  type ProgrammeItem,
  type ProgrammeList,
  type Published,
} from './programme-schema.ts'
import {
  enrolledByVersion,
  openTasks,
  type ProgrammeCounts,
  type ProgrammeRow,
  type PublishedRow,
  payerChoices,
  programmeCounts,
  programmeRows,
  publishedRows,
  siteChoices,
  type VersionRow,
  versionRows,
} from './programme-store.ts'

export interface ReadingParts {
  readonly db: Ground
  /** Whether a questionnaire's document can be asked by keypress. */
  readonly isAskedByKeys: (document: unknown) => boolean
}

export async function listProgrammes(parts: ReadingParts): Promise<ProgrammeList> {
  return parts.db.transaction().execute(async (tx) => {
    const offset = await lastOffset(tx, liveStream)
    const [rows, versions, counts, published, sites] = [
      await programmeRows(tx),
      await versionRows(tx, { inForce: true }),
      await programmeCounts(tx),
      await publishedOf(tx, parts),
      await siteChoices(tx),
    ]
    const programmes = rows.flatMap((row) => {
      const version = versions.find(({ programmeId }) => programmeId === row.id)
      const count = counts.find(({ programmeId }) => programmeId === row.id)
      // One that was never published takes nobody; there is nothing to tell of it.
      return version === undefined || count === undefined ? [] : [itemOf(row, version, count, published)]
    })
    const withoutDefault = sites
      .filter(({ hasDefault }) => !hasDefault)
      .map(({ id, name }) => ({ siteId: id, site: name }))
    return { offset, programmes, published, withoutDefault }
  })
}

/** @throws UserError PROGRAMME_UNKNOWN */
export async function programmeCard(parts: ReadingParts, id: string): Promise<ProgrammeCard> {
  return parts.db.transaction().execute(async (tx) => {
    const offset = await lastOffset(tx, liveStream)
    const [row] = await programmeRows(tx, id)
    const versions = await versionRows(tx, { programmeId: id })
    const [count] = await programmeCounts(tx, id)
    const [inForce] = versions
    if (row === undefined || inForce === undefined || count === undefined) throw new UserError('PROGRAMME_UNKNOWN')
    const published = await publishedOf(tx, parts)
    const enrolled = await enrolledByVersion(tx, id)
    const programme = itemOf(row, inForce, count, published)
    return {
      offset,
      programme,
      dialling: await diallingOf(tx, programme),
      published,
      versions: versions.map((version) => ({
        version: version.version,
        content: contentOf(version),
        at: version.at.toISOString(),
        by: version.by,
        reason: version.reason,
        enrolled: enrolled.get(version.versionId) ?? 0,
      })),
      tasks: await openTasks(tx, id),
    }
  })
}

/** Nobody but a person ends these; of the others time does. */
const mended: ReadonlySet<string> = new Set(['disk_full', 'recordings_folder', 'no_free_seat', 'database_restored'])

async function diallingOf(
  tx: GroundTransaction,
  { id, campaign, missing }: ProgrammeItem,
): Promise<ProgrammeCard['dialling']> {
  if (campaign === null) return null
  const why = await whyNot(tx, campaign.id)
  const waits = missing.length === 0 && why.callable === 0 && !why.reasons.some(({ reason }) => mended.has(reason))
  const at = waits ? await goesOnAt(tx, id) : null
  return { whyNot: why, goesOnAt: at?.toISOString() ?? null }
}

export async function programmeChoices(parts: ReadingParts): Promise<ProgrammeChoices> {
  const [sites, payers, published] = await Promise.all([
    siteChoices(parts.db),
    payerChoices(parts.db),
    publishedOf(parts.db, parts),
  ])
  return { sites, payers: [...payers], published }
}

const contentShape = Compile(ProgrammeContent)

/** @throws UnexpectedError PROGRAMME_UNREADABLE */
export function contentOf({ programmeId, match, exclusions, steps }: VersionRow): ProgrammeContent {
  const content = { match, exclusions, steps }
  if (!contentShape.Check(content)) throw new UnexpectedError('PROGRAMME_UNREADABLE', { programme: programmeId })
  return content
}

function itemOf(
  row: ProgrammeRow,
  version: VersionRow,
  { enrolled, leftOut, open }: ProgrammeCounts,
  published: readonly Published[],
): ProgrammeItem {
  const { id, name, site, siteId, state, legalBasis, purpose, isDefault, campaignId, campaign } = row
  const content = contentOf(version)
  return {
    id,
    name,
    site,
    siteId,
    state,
    legalBasis,
    purpose,
    isDefault,
    campaign:
      campaignId === null
        ? null
        : { id: campaignId, name: campaign ?? '', state: row.campaignState ?? '', pacing: row.pacing ?? '' },
    missing: missingOf(row, content, published),
    version: version.version,
    content,
    enrolled,
    leftOut,
    open,
  }
}

function missingOf(row: ProgrammeRow, { steps }: ProgrammeContent, published: readonly Published[]): Missing[] {
  const missing: Missing[] = []
  if (row.state === 'paused') missing.push('programme_paused')
  if (row.state === 'stopped') missing.push('programme_stopped')
  if (row.campaignId === null) return [...missing, 'no_trunk']
  if (row.campaignState === 'paused') missing.push('campaign_paused')
  if (row.campaignState === 'stopped') missing.push('campaign_stopped')
  if (row.trunkEnabled === false) missing.push('trunk_disabled')
  else if (row.trunkSilent === true) missing.push('trunk_silent')
  if (row.pacing !== 'agentless' && !row.hasTeam) missing.push('no_team')
  if (row.pacing !== 'agentless') return missing
  const spoken = new Set(published.filter(({ byKeys }) => byKeys).map(({ id }) => id))
  const unspoken = steps.some(({ questionnaireVersionId: id }) => id === null || !spoken.has(id))
  if (row.soundLost) missing.push('sound_lost')
  else if (unspoken) missing.push('not_by_keys')
  return missing
}

async function publishedOf(db: Ground | GroundTransaction, { isAskedByKeys }: ReadingParts): Promise<Published[]> {
  return (await publishedRows(db)).map((row) => ({
    id: row.id,
    kind: row.kind,
    name: nameOf(row),
    version: row.version,
    latest: row.latest,
    byKeys: row.kind === 'questionnaire' && isAskedByKeys(row.definition),
  }))
}

/** The document's own title in both languages; the name it is kept under where it has none. */
function nameOf({ name, definition }: PublishedRow): Published['name'] {
  return titledShape.Check(definition) ? definition.title : { zh: name, en: name }
}

const titledShape = Compile(Type.Object({ title: Type.Object({ zh: Type.String(), en: Type.String() }) }))
