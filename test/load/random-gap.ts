/** Time until the next of those who know nothing of each other (independent arrivals): milliseconds, `meanMs` on average. */
export function randomGap(meanMs: number): number {
  return -Math.log(1 - Math.random()) * meanMs
}
