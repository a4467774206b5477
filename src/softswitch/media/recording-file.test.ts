import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testFolder } from '../../../test/harness/folder.ts'
import { RecordingFile } from './recording-file.ts'
import { readWavHeader } from './wav.ts'

let folder: Awaited<ReturnType<typeof testFolder>>

beforeAll(async () => {
  folder = await testFolder()
})
afterAll(() => folder.close())

const left = new Int16Array(160).fill(1000)
const right = new Int16Array(160).fill(-2)

describe('recording file', () => {
  it('holds every sample of both channels, over many writes and a rest', async () => {
    const path = join(folder.path, 'two.wav')
    const file = await RecordingFile.create(path, 2)
    for (let tick = 0; tick < 110; tick++) file.append(left, right)
    expect(await file.close()).toEqual({ samples: 17_600, error: null })
    const bytes = await readFile(path)
    expect(bytes.length).toBe(44 + 17_600 * 4)
    expect(readWavHeader(bytes)).toMatchObject({ channels: 2, dataBytes: 17_600 * 4 })
    for (let at = 44; at < bytes.length; at += 4) {
      if (bytes.readInt16LE(at) !== 1000 || bytes.readInt16LE(at + 2) !== -2) throw new Error(`wrong sample at ${at}`)
    }
  })

  it('says that it is unfinished while it is written, so that a reader takes all there is', async () => {
    const path = join(folder.path, 'open.wav')
    const file = await RecordingFile.create(path, 1)
    expect(readWavHeader(await readFile(path))?.dataBytes).toBe(Number.POSITIVE_INFINITY)
    await file.close()
  })

  it('of nothing is a file without samples', async () => {
    const file = await RecordingFile.create(join(folder.path, 'none.wav'), 1)
    expect(await file.close()).toEqual({ samples: 0, error: null })
  })

  it('takes nothing after it was closed, and closes once', async () => {
    const file = await RecordingFile.create(join(folder.path, 'closed.wav'), 1)
    file.append(left, right)
    const closing = file.close()
    file.append(left, right)
    expect(await file.close()).toEqual({ samples: 160, error: null })
    expect(await closing).toEqual({ samples: 160, error: null })
  })

  it('says what went wrong when the disk takes nothing', async () => {
    const file = await RecordingFile.create('/dev/full', 1).catch((error: NodeJS.ErrnoException) => error.code)
    // The header itself does not fit: the recording never begins.
    expect(file).toBe('ENOSPC')
  })
})
