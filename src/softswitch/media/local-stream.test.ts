import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LocalStreams } from './local-stream.ts'
import { wavHeader } from './wav.ts'

let folder: string
let streams: LocalStreams

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'music-'))
  for (const stream of ['moh', 'empty', 'broken']) await mkdir(join(folder, stream))
  await write('moh/b.wav', 3)
  await write('moh/a.wav', 1, 2)
  await writeFile(join(folder, 'moh/readme.txt'), 'no music')
  await writeFile(join(folder, 'broken/a.wav'), 'no music either')
  streams = new LocalStreams(folder)
})

afterAll(() => rm(folder, { recursive: true }))

async function write(name: string, ...samples: number[]): Promise<void> {
  const header = wavHeader({ channels: 1, sampleRate: 8000, dataBytes: samples.length * 2 })
  await writeFile(join(folder, name), Buffer.concat([header, Buffer.from(Int16Array.from(samples).buffer)]))
}

test('plays the files of a folder in order, again and again', async () => {
  const source = await streams.open('moh')
  const heard = new Int16Array(9)
  expect(source?.read(heard, 9)).toBe(9)
  const text = heard.join('')
  expect('123123123123').toContain(text)
})

test('is found with its rate behind it, as the real server names its streams', async () => {
  expect(await streams.open('moh/8000')).not.toBeNull()
})

test.each(['nothing', 'empty', 'broken', '', '..', '../moh', 'moh/../moh'])('%j is no stream', async (name) => {
  expect(await streams.open(name)).toBeNull()
})

test('a folder that was empty is looked into again', async () => {
  expect(await streams.open('empty')).toBeNull()
  await write('empty/a.wav', 5)
  const heard = new Int16Array(2)
  ;(await streams.open('empty'))?.read(heard, 2)
  expect([...heard]).toEqual([5, 5])
})
