import type { Generated } from 'kysely'
import { sql } from 'kysely'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import type { OwnPrompt } from '../prompts/own-prompt.ts'
import '../prompts/own-prompt-store.ts'
import type { VoiceVersion } from './voice.ts'

/** Of migration 0028. */
interface VoiceVersionTable {
  language: string
  prompt: string
  version: number
  ownPromptId: string | null
  reason: string
  byAccount: string | null
  at: Generated<Date>
}

declare module '#platform/database/tables.ts' {
  interface Tables {
    voiceVersion: VoiceVersionTable
  }
}

/** Channel of the news that a prompt has another voice (migration 0028). */
export const voiceChannel = 'suifang_voice'

/** A prompt of the hospital's own that calls play. */
export interface VoiceInForce extends OwnPrompt {
  /** Of the flow: what it stands for. */
  readonly prompt: string
  /** Of the file. */
  readonly sha256: Buffer
}

/** Those of a language that are not the shipped ones. */
export async function voicesInForce(db: Ground, language: string): Promise<readonly VoiceInForce[]> {
  const { rows } = await sql<VoiceInForce>`
    select v.prompt, o.id, o.language, o.text, o.source, o.duration_ms, o.sha256
    from voice_in_force v join own_prompt o on o.id = v.own_prompt_id where v.language = ${language}
  `.execute(db)
  return rows
}

export interface VoiceVersionRow extends VoiceVersion {
  readonly prompt: string
  readonly reason: string
  readonly at: Date
  /** Who changed it, by name. */
  readonly by: string | null
  /** Null with the shipped one. */
  readonly own: Pick<OwnPrompt, 'text' | 'source' | 'durationMs'> | null
}

/** Every version of every prompt of a language, newest first. */
export async function voiceVersions(db: Ground, language: string): Promise<readonly VoiceVersionRow[]> {
  const { rows } = await sql<VoiceVersionRow>`
    select v.prompt, v.version, v.own_prompt_id, v.reason, v.at, u.display_name as by,
      case when o.id is not null then
        json_build_object('text', o.text, 'source', o.source, 'durationMs', o.duration_ms) end as own
    from voice_version v
    left join own_prompt o on o.id = v.own_prompt_id left join user_account u on u.id = v.by_account
    where v.language = ${language} order by v.prompt, v.version desc
  `.execute(db)
  return rows
}

/** @returns null where no version has been written */
export async function latestVoice(
  db: GroundTransaction,
  { language, prompt }: { readonly language: string; readonly prompt: string },
): Promise<VoiceVersion | null> {
  const row = await db
    .selectFrom('voiceVersion')
    .select(['version', 'ownPromptId'])
    .where('language', '=', language)
    .where('prompt', '=', prompt)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row ?? null
}

/** @returns false where that version has been written already */
export async function insertVoice(
  tx: GroundTransaction,
  voice: VoiceVersion & {
    readonly language: string
    readonly prompt: string
    readonly reason: string
    readonly byAccount: string | null
  },
): Promise<boolean> {
  const rows = await tx
    .insertInto('voiceVersion')
    .values(voice)
    .onConflict((conflict) => conflict.doNothing())
    .returning('version')
    .execute()
  return rows.length > 0
}

/** Every flow that was ever published here, each of its versions; newest first. */
export async function publishedFlowIds(db: Ground): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    select v.id from flow_version v join flow f on f.id = v.flow_id order by f.code, v.version desc
  `.execute(db)
  return rows.map(({ id }) => id)
}

export function publishedFlows(
  db: Ground,
  ids: readonly string[],
): Promise<readonly { readonly id: string; readonly definition: unknown }[]> {
  if (ids.length === 0) return Promise.resolve([])
  return db
    .selectFrom('flowVersion')
    .select(['id', 'definition'])
    .where('id', 'in', [...ids])
    .execute()
}
