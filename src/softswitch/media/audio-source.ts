/** Something that can be played: samples at 8 kHz, taken a tick at a time. */
export interface AudioSource {
  /**
   * Writes the next samples into `into[0, count)`. Never blocks and never waits for a disk.
   * @returns how many were written; fewer than `count` only at the end
   */
  read(into: Int16Array, count: number): number
  /** Releases what the source holds. Idempotent. */
  close(): void
}
