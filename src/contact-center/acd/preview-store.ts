import { sql } from 'kysely'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import './queue-tables.ts'

export interface NewPreview {
  readonly previewId: string
  readonly seatId: string
  readonly taskId: string
}

/** Shows tasks at seats, and the seats are `previewing`; a task that another seat has is left out. @returns whose were made */
export async function openPreviews(
  tx: GroundTransaction,
  campaignId: string,
  wanted: readonly NewPreview[],
): Promise<readonly { readonly seatId: string; readonly taskId: string }[]> {
  const { rows } = await sql<{ seatId: string; taskId: string }>`
    insert into preview (id, seat_id, task_id, campaign_id)
    select *, ${campaignId}::uuid from unnest(${wanted.map((one) => one.previewId)}::uuid[], ${wanted.map((one) => one.seatId)}::uuid[],
      ${wanted.map((one) => one.taskId)}::uuid[])
    on conflict do nothing returning seat_id, task_id
  `.execute(tx)
  await sql`
    update seat set state = 'previewing' where id = any (${rows.map(({ seatId }) => seatId)}::uuid[])
  `.execute(tx)
  return rows
}

/** What a seat looks at before the call. */
export interface OpenPreview {
  readonly taskId: string
  readonly campaignId: string
  readonly offeredAt: Date
  /** After a skip the task is offered again after so long. */
  readonly skipMinutes: number
}

export async function previewAt(db: Ground | GroundTransaction, seatId: string): Promise<OpenPreview | null> {
  const { rows } = await sql<OpenPreview>`
    select v.task_id, v.campaign_id, v.offered_at, c.preview_skip_minutes as skip_minutes
    from preview v join campaign c on c.id = v.campaign_id where v.seat_id = ${seatId} and v.ended_at is null
  `.execute(db)
  return rows[0] ?? null
}

/** The seat's preview ends; its state is the caller's to change. */
export async function endPreview(
  tx: GroundTransaction,
  seatId: string,
  end: { readonly reason: 'dialed' } | { readonly reason: 'skipped'; readonly words: string },
): Promise<void> {
  await sql`
    update preview set ended_at = app_now(), ended_reason = ${end.reason},
      skip_reason = ${end.reason === 'skipped' ? end.words : null}
    where seat_id = ${seatId} and ended_at is null
  `.execute(tx)
}
