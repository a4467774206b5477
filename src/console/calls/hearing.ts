export interface HearingParts {
  /** Whether sound comes at this moment: neither paused nor at its end. */
  readonly isPlaying: () => boolean
  /** Each second at which the player stands, be it heard or gone to. */
  readonly onSecond: (second: number) => void
  /** Each second that is heard. A player that waits for its sound hears none. */
  readonly onHeard: () => void
}

/** @returns what to tell of the player's place, in seconds, as often as it likes */
export function hearing({ isPlaying, onSecond, onHeard }: HearingParts): (seconds: number) => void {
  let at = -1
  return (seconds) => {
    const second = Math.floor(seconds)
    if (second === at) return
    at = second
    onSecond(second)
    if (isPlaying()) onHeard()
  }
}
