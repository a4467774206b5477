import { useEffect, useEffectEvent, useState } from 'react'
import type { TaskFilter, TaskGlanced, TaskPage, TaskStanding } from '#follow-up/tasks/worklist-schema.ts'
import type { PushedEvent } from '#platform/realtime/protocol.ts'
import { request } from '../api/request.ts'
import { useLiveEvents } from '../realtime/live-events.ts'

/** Dialling brings many events a second; the rows are looked at again this often at most. */
const atMostEveryMs = 2_000

const matters = new Set([
  'task.changed',
  'tasks.claimed',
  'attempt.changed',
  'campaign.changed',
  'calling.changed',
  'programme.changed',
  'why_not.changed',
  'import.finished',
])

/**
 * Tells of what happens to tasks, after a place in the stream.
 * @param offset undefined: nothing yet
 * @param onGap the stream no longer holds what came after it
 */
export function useTaskEvents(
  offset: number | undefined,
  onEvents: (events: readonly PushedEvent[]) => void,
  onGap: () => void,
): void {
  useLiveEvents({ offset, matters, onEvents, onGap })
}

export interface TaskNews {
  readonly standings: ReadonlyMap<string, TaskStanding>
  /** As they are by now; null: as the page said. */
  readonly counts: Pick<TaskGlanced, 'counts' | 'total'> | null
}

const nothing: TaskNews = { standings: new Map(), counts: null }

/**
 * How the rows of a page stand by now. They stay where they are: a row is not to move away under the hand.
 * @param counted false: of this list only the rows are asked for (a patient's name goes with one search alone)
 */
export function useTaskNews(
  page: TaskPage | undefined,
  filter: TaskFilter,
  { counted, onGap }: { readonly counted: boolean; readonly onGap: () => void },
): TaskNews {
  const [news, setNews] = useState<{ readonly of: TaskPage | undefined; readonly news: TaskNews }>({
    of: undefined,
    news: nothing,
  })
  const [happened, setHappened] = useState(0)
  useTaskEvents(page?.offset, () => setHappened((times) => times + 1), onGap)
  const look = useEffectEvent(async (signal: AbortSignal) => {
    if (page === undefined) return
    const body = { filter, taskIds: page.tasks.map(({ taskId }) => taskId) }
    try {
      const { tasks, counts, total } = await request<TaskGlanced>('/api/tasks/glance', { method: 'POST', body, signal })
      if (signal.aborted) return
      const standings = new Map(tasks.map((task) => [task.taskId, task]))
      setNews({ of: page, news: { standings, counts: counted ? { counts, total } : null } })
    } catch {
      // The next event asks again; a connection that is away is told of by the header.
    }
  })
  const [gate] = useState(() => new Gate())
  useEffect(() => {
    if (happened === 0) return
    gate.ask((signal) => look(signal))
  }, [happened, gate])
  useEffect(() => () => gate.close(), [gate])
  return news.of === page ? news.news : nothing
}

/** One look at a time, no oftener than `atMostEveryMs`; what is asked meanwhile is one look more. */
class Gate {
  #timer: ReturnType<typeof setTimeout> | undefined
  #again = false
  #last = 0
  #abort = new AbortController()

  ask(look: (signal: AbortSignal) => Promise<void>): void {
    if (this.#timer !== undefined) {
      this.#again = true
      return
    }
    if (this.#abort.signal.aborted) this.#abort = new AbortController()
    const { signal } = this.#abort
    const run = () => {
      this.#again = false
      void look(signal).finally(() => {
        this.#last = Date.now()
        if (signal.aborted) return
        this.#timer = undefined
        if (this.#again) this.ask(look)
      })
    }
    this.#timer = setTimeout(run, Math.max(0, this.#last + atMostEveryMs - Date.now()))
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#abort.abort()
  }
}
