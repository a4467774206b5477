import { useEffect, useRef, useState } from 'react'

export interface Draft {
  readonly value: string
  readonly type: (text: string) => void
  /** Counts what was typed as given, now. */
  readonly flush: () => void
}

/**
 * Text as it is typed, given on after a pause, on leaving the field, and when the field goes away.
 * @param saved what is shown where nothing is being typed
 * @param give returns false where the text is not to be taken; it then stays as it is typed
 */
export function useDraft(saved: string, give: (text: string) => boolean, { pauseMs = 800 } = {}): Draft {
  const [typed, setTyped] = useState<string | null>(null)
  const present = useRef({ typed, give })
  const timer = useRef<number | undefined>(undefined)
  useEffect(() => {
    present.current.give = give
  })
  const flush = () => {
    window.clearTimeout(timer.current)
    const { typed: text, give: take } = present.current
    if (text === null || !take(text)) return
    present.current.typed = null
    setTyped(null)
  }
  const last = useRef(flush)
  useEffect(() => {
    last.current = flush
  })
  useEffect(() => () => last.current(), [])
  return {
    value: typed ?? saved,
    type: (text) => {
      present.current.typed = text
      setTyped(text)
      window.clearTimeout(timer.current)
      timer.current = window.setTimeout(() => last.current(), pauseMs)
    },
    flush,
  }
}
