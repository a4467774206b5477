import { useEffect, useEffectEvent, useState } from 'react'
import type { PushedEvent } from '#platform/realtime/protocol.ts'
import { useConnection } from '../app/connection-state.tsx'

interface LiveEvents {
  /** Where what is shown stands in the stream; undefined: nothing is shown yet. */
  readonly offset: number | undefined
  /** Of the events, those that are told. */
  readonly matters: ReadonlySet<string>
  readonly onEvents: (events: readonly PushedEvent[]) => void
  /** The stream no longer holds what came after the offset. */
  readonly onGap: () => void
}

/** Tells of what happens in the house after a place in the live stream. */
export function useLiveEvents({ offset, matters, onEvents, onGap }: LiveEvents): void {
  const connection = useConnection()
  const told = useEffectEvent((events: readonly PushedEvent[]) => {
    const ours = events.filter(({ type }) => matters.has(type))
    if (ours.length > 0) onEvents(ours)
  })
  const lost = useEffectEvent(onGap)
  useEffect(() => {
    if (offset === undefined) return
    let last = offset
    return connection.read({
      stream: 'live',
      offset: () => last,
      onEvents: (events) => {
        last = events.at(-1)?.offset ?? last
        told(events)
      },
      onGap: () => lost(),
    })
  }, [connection, offset])
}

interface BoardNews {
  readonly offset: number | undefined
  /** Rare: the board is asked for at once. */
  readonly atOnce: ReadonlySet<string>
  /** What many calls bring: the board is asked for once after `everyMs`. */
  readonly inTime: ReadonlySet<string>
  readonly everyMs: number
  readonly refetch: () => unknown
}

/** Asks for a board anew when something has happened that it tells of; in a house at rest nothing is asked. */
export function useBoardNews({ offset, atOnce, inTime, everyMs, refetch }: BoardNews): void {
  const [matters] = useState(() => new Set([...atOnce, ...inTime]))
  const [due, setDue] = useState(false)
  const ask = useEffectEvent(() => {
    setDue(false)
    refetch()
  })
  useLiveEvents({
    offset,
    matters,
    onEvents: (events) => (events.some(({ type }) => atOnce.has(type)) ? ask() : setDue(true)),
    onGap: () => ask(),
  })
  useEffect(() => {
    if (!due) return
    const timer = setTimeout(() => ask(), everyMs)
    return () => clearTimeout(timer)
  }, [due, everyMs])
}
