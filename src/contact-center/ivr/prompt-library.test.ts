import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { measurePrompt } from './prompt-file.ts'
import { openPrompts } from './prompt-library.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'suifang-prompt-library-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** A tone between silences, in a WAV with the given header. */
function wav({ rate = 8_000, channels = 1, bits = 16, silentMs = 0, toneMs = 500 } = {}): Buffer {
  const samples = (ms: number) => Math.round((ms / 1_000) * rate)
  const data = Buffer.alloc((samples(silentMs) * 2 + samples(toneMs)) * 2)
  for (let i = 0; i < samples(toneMs); i++) {
    data.writeInt16LE(Math.round(16_384 * Math.sin((i * Math.PI) / 4)), (samples(silentMs) + i) * 2)
  }
  const header = Buffer.alloc(44)
  header.write('RIFF', 0, 'latin1')
  header.writeUInt32LE(36 + data.length, 4)
  header.write('WAVEfmt ', 8, 'latin1')
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(1, 20)
  header.writeUInt16LE(channels, 22)
  header.writeUInt32LE(rate, 24)
  header.writeUInt32LE((rate * channels * bits) / 8, 28)
  header.writeUInt16LE((channels * bits) / 8, 32)
  header.writeUInt16LE(bits, 34)
  header.write('data', 36, 'latin1')
  header.writeUInt32LE(data.length, 40)
  return Buffer.concat([header, data])
}

function put(where: 'shipped' | 'own', id: string, file: Buffer): string {
  const path = join(folder, where, 'zh-CN', `${id}.wav`)
  mkdirSync(join(folder, where, 'zh-CN'), { recursive: true })
  writeFileSync(path, file)
  return path
}

const book = () => openPrompts({ language: 'zh-CN', shipped: join(folder, 'shipped'), overrides: join(folder, 'own') })

describe('a prompt', () => {
  it('is the shipped file as long as there is no other', () => {
    const path = put('shipped', 'hello', wav())
    expect(book().resolve('hello')).toBe(path)
    expect(book().durationMs('hello')).toBe(500)
  })

  it('is the hospital’s own recording where there is one', () => {
    put('shipped', 'hello', wav())
    const own = put('own', 'hello', wav({ toneMs: 900 }))
    expect(book().resolve('hello')).toBe(own)
    expect(book().durationMs('hello')).toBe(900)
  })

  it('that has no file is told by its path in the document', () => {
    expect(book().check('hello', '/prompts/3/id')).toEqual([
      {
        code: 'FLOW_PROMPT_UNKNOWN',
        severity: 'error',
        path: '/prompts/3/id',
        params: { prompt: 'hello', language: 'zh-CN' },
      },
    ])
    expect(() => book().resolve('hello')).toThrow(expect.objectContaining({ code: 'FLOW_PROMPT_UNKNOWN' }))
  })

  it('that goes while the house is open is missed, and found again when it is back', () => {
    const path = put('own', 'hello', wav())
    const open = book()
    expect(open.resolve('hello')).toBe(path)
    rmSync(path)
    expect(open.check('hello', '/prompts/0')).toMatchObject([{ code: 'FLOW_PROMPT_UNKNOWN' }])
    expect(() => open.resolve('hello')).toThrow(expect.objectContaining({ code: 'FLOW_PROMPT_UNKNOWN' }))
    put('own', 'hello', wav())
    expect(open.resolve('hello')).toBe(path)
  })

  it('that must be one file is no other, though it were as long and as old, and it is again when it is back', () => {
    const made = wav({ toneMs: 500 })
    const path = put('own', 'hello', made)
    const { atime, mtime } = statSync(path)
    const digests = new Map<string, string>()
    const folders = { language: 'zh-CN', shipped: join(folder, 'shipped'), overrides: join(folder, 'own') }
    const open = openPrompts({ ...folders, digestOf: (id) => digests.get(id) })
    expect(open.resolve('hello')).toBe(path)
    digests.set('hello', createHash('sha256').update(made).digest('hex'))
    expect(open.resolve('hello')).toBe(path)
    renameSync(path, `${path}.away`)
    const other = Buffer.from(made)
    other.writeInt16LE(1, other.length - 2)
    writeFileSync(path, other)
    utimesSync(path, atime, mtime)
    expect(open.check('hello', '/prompts/0')).toMatchObject([
      { code: 'FLOW_PROMPT_FORMAT', params: { reason: 'it is another sound than the one that was made' } },
    ])
    expect(open.durationMs('hello')).toBeUndefined()
    expect(() => open.resolve('hello')).toThrow(expect.objectContaining({ code: 'FLOW_PROMPT_UNKNOWN' }))
    renameSync(`${path}.away`, path)
    expect(open.resolve('hello')).toBe(path)
  })

  it('whose digest becomes known after it was read is judged by it', () => {
    put('own', 'hello', wav())
    const digests = new Map<string, string>()
    const open = openPrompts({
      language: 'zh-CN',
      shipped: join(folder, 'own'),
      digestOf: (id) => digests.get(id),
    })
    expect(open.durationMs('hello')).toBe(500)
    digests.set('hello', '00')
    expect(open.durationMs('hello')).toBeUndefined()
  })

  it('that cannot be read is missed, and no fault of the call', () => {
    mkdirSync(join(folder, 'own', 'zh-CN', 'hello.wav'), { recursive: true })
    expect(book().check('hello', '/prompts/0')).toMatchObject([{ code: 'FLOW_PROMPT_FORMAT' }])
  })

  it.each([
    ['another rate', wav({ rate: 16_000 }), 'encoding 1, 16000 Hz, 1 channels, 16 bit'],
    ['two channels', wav({ channels: 2 }), 'encoding 1, 8000 Hz, 2 channels, 16 bit'],
    ['no sound', wav({ toneMs: 0 }), 'it is empty'],
    ['no WAV', Buffer.from('ID3 this is an MP3'), 'it is no WAV file'],
    ['a cut header', wav().subarray(0, 20), 'it is no WAV file'],
  ])('recorded with %s is told with what was found', (_what, file, reason) => {
    put('own', 'hello', file)
    expect(book().check('hello', '/prompts/0/id')).toMatchObject([
      { code: 'FLOW_PROMPT_FORMAT', params: { prompt: 'hello', reason } },
    ])
  })

  it('has the text that the shipped list gives it, also when the recording is the hospital’s', () => {
    put('shipped', 'hello', wav())
    const texts = { language: 'zh-CN', voice: 'v', wordsPerMinute: 180, prompts: { hello: { text: '您好' } } }
    writeFileSync(join(folder, 'shipped', 'zh-CN', 'prompts.json'), JSON.stringify(texts))
    expect(book().text('hello')).toBe('您好')
    expect(book().text('other')).toBeUndefined()
  })
})

it('a list of texts that is none is refused with its file', () => {
  put('shipped', 'hello', wav())
  writeFileSync(join(folder, 'shipped', 'zh-CN', 'prompts.json'), '{"prompts": 3}')
  expect(book).toThrow(expect.objectContaining({ code: 'FLOW_FILE_UNREADABLE' }))
})

it('a sound is measured', () => {
  const sound = measurePrompt(wav({ silentMs: 40, toneMs: 1_000 }))
  expect(sound.durationMs).toBe(1_080)
  expect(sound.leadingSilenceMs).toBeCloseTo(40, 0)
  expect(sound.trailingSilenceMs).toBeCloseTo(40, 0)
  expect(sound.peakDb).toBeCloseTo(-6, 1)
  expect(sound.rmsDb).toBeCloseTo(-9.3, 0)
})
