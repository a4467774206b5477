/** Mean square of the part of 8 kHz samples that is a sine of this frequency (Goertzel); that of the samples, if all is. */
export function sinePower(samples: Int16Array, frequency: number): number {
  const coefficient = 2 * Math.cos((2 * Math.PI * frequency) / 8000)
  let before = 0
  let beforeThat = 0
  for (const sample of samples) {
    const now = sample + coefficient * before - beforeThat
    beforeThat = before
    before = now
  }
  const power = before * before + beforeThat * beforeThat - coefficient * before * beforeThat
  return (2 * Math.max(power, 0)) / (samples.length * samples.length)
}
