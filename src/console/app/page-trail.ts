import { useState } from 'react'

/**
 * The way through a list that is read page by page, each from the item that the last one ended with: the server tells where
 * the next begins, and only the way that was come back leads to those before.
 * @param at where this page begins; undefined: the first
 * @param turn opens the page that begins there
 */
export function usePageTrail(at: string | undefined, turn: (to: string | undefined) => void) {
  const [trail, setTrail] = useState<readonly (string | undefined)[]>([])
  const clear = () => setTrail([])
  return {
    /** Of another list: nothing of it has been read yet. */
    clear,
    /** For the pager. @param next where the next page begins; null: there is none */
    steps: (next: string | null) => ({
      onFirst:
        at === undefined
          ? null
          : () => {
              clear()
              turn(undefined)
            },
      onPrevious:
        trail.length === 0
          ? null
          : () => {
              turn(trail.at(-1))
              setTrail(trail.slice(0, -1))
            },
      onNext:
        next === null
          ? null
          : () => {
              setTrail([...trail, at])
              turn(next)
            },
    }),
  }
}
