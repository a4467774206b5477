import { useEffect, useRef } from 'react'

export interface ReplayKeys {
  toggle(): void
  skip(seconds: number): void
  /** To the next mark, or the one before. */
  toMark(step: 1 | -1): void
  /** From 0. */
  toQuestion(index: number): void
}

/** Fields and lists take their keys themselves; a button takes the space bar. */
function isTaken(event: KeyboardEvent): boolean {
  const { target } = event
  if (!(target instanceof Element)) return false
  if (target.closest('input, textarea, select, [role=combobox], [role=dialog], [role=menu]') !== null) return true
  return event.key === ' ' && target.closest('button, a') !== null
}

/** The keys of the replay page. */
export function useReplayKeys(keys: ReplayKeys): void {
  const present = useRef(keys)
  useEffect(() => {
    present.current = keys
  })
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.altKey || event.metaKey || isTaken(event)) return
      if (act(present.current, event.key)) event.preventDefault()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [])
}

function act(keys: ReplayKeys, key: string): boolean {
  if (key === ' ') keys.toggle()
  else if (key === 'ArrowLeft') keys.skip(-5)
  else if (key === 'ArrowRight') keys.skip(5)
  else if (key === 'ArrowUp') keys.toMark(-1)
  else if (key === 'ArrowDown') keys.toMark(1)
  else if (/^[1-9]$/.test(key)) keys.toQuestion(Number(key) - 1)
  else return false
  return true
}
