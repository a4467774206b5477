/**
 * A WAV file as somebody's recorder writes it: PCM, 16 bits.
 * @param samples of all channels in turn
 */
export function recorderWav(
  samples: ArrayLike<number>,
  { rate, channels }: { readonly rate: number; readonly channels: 1 | 2 },
): Buffer {
  const file = Buffer.alloc(44 + samples.length * 2)
  file.write('RIFF', 0)
  file.writeUInt32LE(file.length - 8, 4)
  file.write('WAVEfmt ', 8)
  file.writeUInt32LE(16, 16)
  file.writeUInt16LE(1, 20)
  file.writeUInt16LE(channels, 22)
  file.writeUInt32LE(rate, 24)
  file.writeUInt32LE(rate * channels * 2, 28)
  file.writeUInt16LE(channels * 2, 32)
  file.writeUInt16LE(16, 34)
  file.write('data', 36)
  file.writeUInt32LE(samples.length * 2, 40)
  for (let at = 0; at < samples.length; at += 1) file.writeInt16LE(Math.round(samples[at] ?? 0), 44 + at * 2)
  return file
}

/** An upload of a prompt as the console sends it: the words first. */
export function promptForm(text: string, wav: Buffer): FormData {
  const form = new FormData()
  form.append('text', text)
  form.append('file', new Blob([new Uint8Array(wav)]), 'take.wav')
  return form
}
