import { useEffect, useRef } from 'react'

/** Keys that no input needs; those of the seat's page that mean the same are the same. */
export const floorKeys = { monitor: 'F2', coach: 'F3', barge: 'F4', leave: 'F8' } as const
type FloorKey = keyof typeof floorKeys

/** Runs what a key stands for; one that stands for nothing now is left to the browser. A question on the page goes first. */
export function useFloorKeys(actions: Readonly<Partial<Record<FloorKey, () => void>>>): void {
  const present = useRef(actions)
  useEffect(() => {
    present.current = actions
  })
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.repeat || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return
      const name = (Object.keys(floorKeys) as FloorKey[]).find((each) => floorKeys[each] === event.key)
      const action = name === undefined ? undefined : present.current[name]
      if (action === undefined || document.querySelector('[role=dialog]') !== null) return
      event.preventDefault()
      action()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [])
}
