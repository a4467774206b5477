import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testFolder } from '../../../test/harness/folder.ts'
import type { AudioSource } from './audio-source.ts'
import { SoundLibrary } from './sound-library.ts'
import { wavHeader } from './wav.ts'

/** More than is kept decoded: read ahead while it plays. */
const LONG_SAMPLES = 240_000

let folder: Awaited<ReturnType<typeof testFolder>>
let library: SoundLibrary
let short: string
let long: string

beforeAll(async () => {
  folder = await testFolder()
  library = new SoundLibrary(folder.path)
  short = await write('short.wav', Int16Array.of(1, 2, 3))
  long = await write(
    'long.wav',
    Int16Array.from({ length: LONG_SAMPLES }, (_, i) => (i % 1000) + 1),
  )
})

afterAll(() => folder.close())

async function write(name: string, samples: Int16Array): Promise<string> {
  const path = join(folder.path, name)
  const header = wavHeader({ channels: 1, sampleRate: 8000, dataBytes: samples.byteLength })
  await writeFile(path, Buffer.concat([header, Buffer.from(samples.buffer)]))
  return path
}

async function opened(uri: string, options: { mayLoop?: boolean; skipSamples?: number } = {}): Promise<AudioSource> {
  const source = await library.open(uri, options)
  if (source === null) throw new Error(`${uri} was not opened`)
  return source
}

function heard(source: AudioSource, count: number): number[] {
  const into = new Int16Array(count)
  return [...into.subarray(0, source.read(into, count))]
}

/** Reads to the end, at most `most` samples, with time for the disk between two reads; silence is not counted. */
async function soundOf(source: AudioSource, most: number): Promise<number> {
  const into = new Int16Array(1600)
  let sound = 0
  while (sound < most) {
    const count = source.read(into, into.length)
    sound += into.subarray(0, count).filter((sample) => sample !== 0).length
    if (count < into.length) return sound
    await new Promise((resolve) => setImmediate(resolve))
  }
  return sound
}

describe('a file', () => {
  test('is played once, from where it is told', async () => {
    expect(heard(await opened(short), 9)).toEqual([1, 2, 3])
    expect(heard(await opened(short, { skipSamples: 2 }), 9)).toEqual([3])
  })

  test('is played as often as `loops` says, where that counts', async () => {
    expect(heard(await opened(`{loops=2}${short}`, { mayLoop: true }), 9)).toEqual([1, 2, 3, 1, 2, 3])
    expect(heard(await opened(`{vol=1,loops=-1}${short}`, { mayLoop: true }), 7)).toEqual([1, 2, 3, 1, 2, 3, 1])
    expect(heard(await opened(`{loops=0}${short}`, { mayLoop: true }), 9)).toEqual([1, 2, 3])
    expect(heard(await opened(`{loops=2}${short}`), 9)).toEqual([1, 2, 3])
  })

  test('that is long is played whole, and again', async () => {
    expect(await soundOf(await opened(long), LONG_SAMPLES * 2)).toBe(LONG_SAMPLES)
    expect(await soundOf(await opened(`{loops=2}${long}`, { mayLoop: true }), LONG_SAMPLES * 3)).toBe(LONG_SAMPLES * 2)
  })

  test('that is empty ends at once, however often it is to be played', async () => {
    const empty = await write('empty.wav', new Int16Array(0))
    // Without any samples the header says "unfinished": all that is there is nothing.
    expect(heard(await opened(`{loops=-1}${empty}`, { mayLoop: true }), 9)).toEqual([])
  })

  test('that is not there is not opened', async () => {
    expect(await library.open(join(folder.path, 'nowhere.wav'))).toBeNull()
    expect(await library.open('local_stream://nowhere')).toBeNull()
  })
})

test('a tone takes its `loops` from the parameters too, unless its script has its own', async () => {
  const once = await opened('tone_stream://%(10,0,400)')
  expect(heard(once, 999)).toHaveLength(80)
  expect(heard(await opened('{loops=3}tone_stream://%(10,0,400)'), 999)).toHaveLength(240)
  expect(heard(await opened('{loops=3}tone_stream://%(10,0,400);loops=2'), 999)).toHaveLength(160)
})
