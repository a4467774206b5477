import { useMutation } from '@tanstack/react-query'
import { useCallback } from 'react'
import { command, type SeatCommand } from './seat-api.ts'
import type { SeatStore } from './seat-store.ts'

export interface SeatCommands {
  readonly run: (command: SeatCommand) => void
  /** The command that has had no answer yet. */
  readonly pending: SeatCommand['type'] | null
  /** Why the last one was refused; null after the next one. */
  readonly error: unknown
  readonly dismiss: () => void
}

/** The agent's commands. The page does not wait for its own click: what became of it comes over the stream. */
export function useSeatCommands(store: SeatStore): SeatCommands {
  const { mutate, variables, isPending, error, reset } = useMutation({
    mutationFn: command,
    onSuccess: () => {
      // A phone given since the page was opened has made a seat, which no stream has told of.
      if (store.state().view === null) void store.load()
    },
    // A refusal often means that the page was behind: it looks again.
    onError: () => void store.load(),
  })
  const run = useCallback((given: SeatCommand) => mutate(given), [mutate])
  return { run, pending: isPending ? variables.type : null, error, dismiss: reset }
}
