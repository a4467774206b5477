import { useMutation } from '@tanstack/react-query'
import { useCallback } from 'react'
import { pagePhone } from '../softphone/page-phone.ts'
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
    // One after the other: keys arrive in the order in which they were pressed.
    scope: { id: 'seat' },
    mutationFn: (given: SeatCommand) => command(pagePhone().pageId, given),
    // A refusal often means that the page was behind: it looks again.
    onError: () => void store.load(),
  })
  const run = useCallback((given: SeatCommand) => mutate(given), [mutate])
  return { run, pending: isPending ? variables.type : null, error, dismiss: reset }
}
