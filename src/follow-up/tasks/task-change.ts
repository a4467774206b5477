import type { NewStreamEvent } from '#platform/realtime/stream-store.ts'

/** A task that moved, as the statements return it. Without a campaign nobody watches it. */
export interface MovedTask {
  readonly taskId: string
  readonly campaignId: string | null
  readonly from: string
  readonly to: string
}

/** What the live page must hear of moves (stream `live`). */
export function taskChanges(moved: readonly MovedTask[]): NewStreamEvent[] {
  return moved.flatMap(({ taskId, campaignId, from, to }) =>
    campaignId === null ? [] : [{ type: 'task.changed', payload: { campaignId, taskId, from, to } }],
  )
}
