/** What is known of a file before it plays. */
export interface SoundFile {
  /** Its own rate, Hz. */
  readonly rate: number
  /** Samples at 8 kHz from where the play begins to the file's end. */
  readonly samples: number
}

/** Something that can be played: samples at 8 kHz, taken a tick at a time. */
export interface AudioSource {
  /**
   * Writes the next samples into `into[0, count)`. Never blocks and never waits for a disk.
   * @returns how many were written; fewer than `count` only at the end
   */
  read(into: Int16Array, count: number): number
  /** Of a file that is played once. */
  readonly file?: SoundFile | undefined
  /** Releases what the source holds. Idempotent. */
  close(): void
}
