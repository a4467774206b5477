import { useEffect, useRef } from 'react'

/** Keys that no input needs and no screen reader takes. */
export const shortcutKeys = {
  ready: 'F2',
  form: 'F3',
  hold: 'F4',
  mute: 'F6',
  pad: 'F7',
  hangUp: 'F8',
  skip: 'F8',
  finish: 'F9',
  dial: 'F9',
} as const
type Shortcut = keyof typeof shortcutKeys
export const shortcuts = [
  'ready',
  'form',
  'hold',
  'mute',
  'pad',
  'hangUp',
  'skip',
  'finish',
  'dial',
] as const satisfies readonly Shortcut[]

/** Runs what a key stands for; one that stands for nothing now is left to the browser. A question on the page goes first. */
export function useShortcuts(actions: Readonly<Partial<Record<Shortcut, (() => void) | undefined>>>): void {
  const present = useRef(actions)
  useEffect(() => {
    present.current = actions
  })
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.repeat || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return
      const action = shortcuts
        .filter((each) => shortcutKeys[each] === event.key)
        .map((each) => present.current[each])
        .find((each) => each !== undefined)
      // A question goes first; and where another window has the seat this one does nothing to it.
      if (action === undefined || document.querySelector('[role=dialog], .seat-work[inert]') !== null) return
      event.preventDefault()
      action()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [])
}
