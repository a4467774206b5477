import { stat } from 'node:fs/promises'
import { type Actor, writeAudit } from '#platform/audit/audit-store.ts'
import type { Clock } from '#platform/clock.ts'
import type { Ground } from '#platform/database/database.ts'
import { OperationalError, UserError } from '#platform/errors/errors.ts'
import type { ServedFile } from '#platform/http/file-range.ts'
import type { Log } from '#platform/log.ts'
import { changeSetting, defineSetting, readSetting } from '#platform/settings/hospital-settings.ts'
import { pathWithin } from './recording-place.ts'
import { type OpenedRecording, OpeningPolicy, type OpeningReason, type OpeningWish } from './recording-schema.ts'
import { markChangedFound, markOpened, type OpenableRecording, openableRecording } from './recording-store.ts'
import { type OpeningPurpose, openTicket, type RecordingTicket, sealTicket } from './recording-ticket.ts'
import { lookAtRecording, type RecordingLook, touchMark } from './wav-peaks.ts'
import './recording-errors.ts'

export interface OpeningParts {
  readonly db: Ground
  readonly clock: Clock
  readonly log: Log
  /** Where recordings lie; nothing outside of it is ever sent. */
  readonly folder: string
  /** 32 bytes, for tickets alone. */
  readonly ticketKey: Buffer
}

/** Whether who plays a recording must say why. */
export const openingPolicy = defineSetting('recording.opening', OpeningPolicy, { askWhenPlaying: false })

/** States in which there is a whole file to hear; a damaged one may still be heard by who investigates. */
const audible: ReadonlySet<string> = new Set(['closed', 'verified', 'stored', 'held', 'damaged'])

const downloadWithinMs = 60_000
const playWithinMs = 10 * 60_000

/**
 * Opening a recording: who, when, which and why is written before a byte leaves, the file is compared with what was
 * verified, and what is handed out is a ticket for this session, recording and purpose that runs out.
 * Source: requirements F02, F07, §8.5.
 */
export class RecordingOpening {
  readonly #parts: OpeningParts

  constructor(parts: OpeningParts) {
    this.#parts = parts
  }

  /**
   * @throws UserError RECORDING_UNKNOWN, RECORDING_EXPIRED, RECORDING_NOT_READY, RECORDING_REASON_NEEDED
   * @throws OperationalError RECORDING_GONE, RECORDING_CHANGED
   */
  async open(actor: Actor, id: string, wish: OpeningWish): Promise<OpenedRecording> {
    const { clock } = this.#parts
    const why = await this.#why(wish)
    const recording = await this.#recording(id)
    const look = await this.#look(recording)
    const intact = recording.sha256 === null ? null : recording.sha256.toString('hex') === look.sha256
    if (intact === false) await this.#foundChanged(actor, recording, wish.purpose, look)
    await this.#parts.db.transaction().execute(async (tx) => {
      // Whoever opens it works with it; and it may have expired since it was read.
      if (!(await markOpened(tx, id))) throw new UserError('RECORDING_EXPIRED')
      await writeAudit(tx, {
        actor,
        action: wish.purpose === 'play' ? 'recording.played' : 'recording.downloaded',
        object: { kind: 'recording', id },
        outcome: 'ok',
        detail: { ...why, attemptId: recording.attemptId },
      })
    })
    const durationMs = look.wave?.durationMs ?? recording.durationMs
    // Time to hear it slowly, twice.
    const lastsMs = wish.purpose === 'download' ? downloadWithinMs : playWithinMs + 3 * (durationMs ?? 0)
    const expiresAt = clock.now().getTime() + lastsMs
    const sessionId = actor.sessionId ?? ''
    const ticket: RecordingTicket = { recordingId: id, sessionId, purpose: wish.purpose, expiresAt, file: look.touched }
    const place = wish.purpose === 'play' ? 'audio' : 'file'
    return {
      url: `/api/recordings/${id}/${place}?ticket=${sealTicket(ticket, this.#parts.ticketKey)}`,
      expiresAt: new Date(expiresAt).toISOString(),
      state: recording.state,
      gapMs: recording.gapMs,
      faults: [...recording.faults],
      intact,
      durationMs,
      peaks: (look.wave?.peaks ?? []).map((row) => [...row]),
    }
  }

  /**
   * The file that a ticket was given for. Refusals are audited.
   * @throws UserError RECORDING_TICKET_REFUSED, RECORDING_EXPIRED, RECORDING_TOUCHED; OperationalError RECORDING_GONE
   */
  async file(actor: Actor, id: string, purpose: OpeningPurpose, text: string | undefined): Promise<ServedFile> {
    const ticket = text === undefined ? null : openTicket(text, this.#parts.ticketKey)
    const good =
      ticket !== null &&
      ticket.recordingId === id &&
      ticket.purpose === purpose &&
      ticket.sessionId === actor.sessionId &&
      ticket.expiresAt > this.#parts.clock.now().getTime()
    if (!good) {
      await writeAudit(this.#parts.db, {
        actor,
        action: 'recording.refused',
        object: { kind: 'recording', id },
        outcome: 'denied',
        detail: { purpose, ticket: text === undefined ? 'none' : 'bad' },
      })
      throw new UserError('RECORDING_TICKET_REFUSED')
    }
    const path = this.#within(await this.#recording(id))
    const found = await stat(path, { bigint: true }).catch(() => null)
    if (found === null || !found.isFile()) throw new OperationalError('RECORDING_GONE', { id })
    if (touchMark(found) !== ticket.file) throw new UserError('RECORDING_TOUCHED')
    const bytes = Number(found.size)
    return { path, bytes, contentType: 'audio/wav', tag: `${id}-${bytes}` }
  }

  policy(): Promise<OpeningPolicy> {
    return readSetting(this.#parts.db, openingPolicy)
  }

  async setPolicy(actor: Actor, policy: OpeningPolicy): Promise<void> {
    await this.#parts.db.transaction().execute(async (tx) => {
      await changeSetting(tx, openingPolicy, policy, actor.accountId)
      await writeAudit(tx, {
        actor,
        action: 'setting.changed',
        object: { kind: 'setting', id: openingPolicy.key },
        outcome: 'ok',
        detail: { ...policy },
      })
    })
  }

  async #why({ purpose, reason, note }: OpeningWish): Promise<{ reason: OpeningReason; note?: string }> {
    const words = note?.trim() ?? ''
    const asked = purpose === 'download' || (reason === undefined && (await this.policy()).askWhenPlaying)
    if ((reason === undefined && asked) || (reason === 'other' && words === '')) {
      throw new UserError('RECORDING_REASON_NEEDED')
    }
    return { reason: reason ?? 'quality_review', ...(words === '' ? {} : { note: words }) }
  }

  async #recording(id: string): Promise<OpenableRecording & { readonly path: string }> {
    const recording = await openableRecording(this.#parts.db, id)
    if (recording === undefined) throw new UserError('RECORDING_UNKNOWN')
    const { state, path } = recording
    if (state === 'expired') throw new UserError('RECORDING_EXPIRED')
    if (!audible.has(state) || path === null) throw new UserError('RECORDING_NOT_READY', { state })
    return { ...recording, path }
  }

  #within({ id, path }: { readonly id: string; readonly path: string }): string {
    const whole = pathWithin(this.#parts.folder, path)
    if (whole === null) throw new OperationalError('RECORDING_GONE', { id })
    return whole
  }

  async #look(recording: { readonly id: string; readonly path: string }): Promise<RecordingLook> {
    const path = this.#within(recording)
    try {
      return await lookAtRecording(path)
    } catch (cause) {
      // It may have expired this moment.
      await this.#recording(recording.id)
      throw new OperationalError('RECORDING_GONE', { id: recording.id }, { cause })
    }
  }

  /** Told to everybody it may concern, and never played as if nothing were. */
  async #foundChanged(
    actor: Actor,
    { id, attemptId }: OpenableRecording,
    purpose: OpeningPurpose,
    { sha256, bytes }: RecordingLook,
  ): Promise<never> {
    await this.#parts.db.transaction().execute(async (tx) => {
      await markChangedFound(tx, id)
      await writeAudit(tx, {
        actor,
        action: 'recording.changed_found',
        object: { kind: 'recording', id },
        outcome: 'failed',
        detail: { purpose, attemptId, sha256, bytes },
      })
    })
    this.#parts.log.error({ recordingId: id, attemptId, sha256 }, 'a recording is not the file that was verified')
    throw new OperationalError('RECORDING_CHANGED', { id })
  }
}
