/**
 * Makes the music on hold, `moh/evening.wav`: a slow broken chord over four bars, 16 s that join end to end.
 *
 *     node sip-config/freeswitch/music/make-music.ts
 *
 * Every sample is computed here: nobody else's music, nobody else's rights. The same program makes the same bytes.
 */
import { writeFile } from 'node:fs/promises'
import { wavHeader } from '../../../src/softswitch/media/wav.ts'

const RATE = 8000
const NOTE_SECONDS = 0.5
/** How fast a plucked note fades, per second, and how long it is heard. */
const FADE = 2.4
const RINGS_SECONDS = 2.5
/** Peak of one note: with its neighbours still sounding the whole stays 12 dB under full scale. */
const LOUDNESS = 2600
const ATTACK_SECONDS = 0.012
/** Strength of the tone and of its overtones. */
const OVERTONES = [1, 0.35, 0.12]

/** Notes as half tones above the A of 220 Hz: a chord a bar, eight notes each. */
const BARS = [
  [3, 7, 10, 15, 19, 15, 10, 7],
  [0, 3, 7, 12, 15, 12, 7, 3],
  [-4, 0, 3, 8, 12, 8, 3, 0],
  [-2, 2, 5, 10, 14, 10, 5, 2],
]

const notes = BARS.flat()
const length = notes.length * NOTE_SECONDS * RATE
const mixed = new Float64Array(length)
for (const [index, halfTones] of notes.entries()) {
  const frequency = 220 * 2 ** (halfTones / 12)
  for (let i = 0; i < RINGS_SECONDS * RATE; i++) {
    const seconds = i / RATE
    // The last notes ring on into the beginning: no seam is heard when the file begins anew.
    const at = (index * NOTE_SECONDS * RATE + i) % length
    mixed[at] = (mixed[at] ?? 0) + pluck(frequency, seconds)
  }
}
const samples = Int16Array.from(mixed, (value) => Math.max(-32_768, Math.min(32_767, Math.round(value))))
const header = wavHeader({ channels: 1, sampleRate: RATE, dataBytes: samples.byteLength })
await writeFile(new URL('moh/evening.wav', import.meta.url), Buffer.concat([header, Buffer.from(samples.buffer)]))

function pluck(frequency: number, seconds: number): number {
  const attack = Math.min(1, seconds / ATTACK_SECONDS)
  const release = Math.min(1, (RINGS_SECONDS - seconds) / 0.2)
  let sum = 0
  for (const [index, strength] of OVERTONES.entries()) {
    sum +=
      strength * Math.sin(2 * Math.PI * frequency * (index + 1) * seconds) * Math.exp(-FADE * (index + 1) * seconds)
  }
  return LOUDNESS * attack * release * sum
}
