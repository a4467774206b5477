import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { measurePrompt } from '#contact-center/ivr/prompt-file.ts'
import { readPromptTexts } from '#contact-center/ivr/prompt-library.ts'

const folder = new URL('../../../ivr-flows/prompts/zh-CN/', import.meta.url).pathname
const { prompts } = readPromptTexts(join(folder, 'prompts.json'))
const sounds = Object.keys(prompts).map((id) => ({ id, sound: measurePrompt(readFileSync(join(folder, `${id}.wav`))) }))

it('every text has its sound, and every sound its text', () => {
  const files = readdirSync(folder).filter((name) => name.endsWith('.wav'))
  expect(files.sort()).toEqual(
    Object.keys(prompts)
      .map((id) => `${id}.wav`)
      .sort(),
  )
})

describe.each(sounds)('$id', ({ sound }) => {
  it('is what every media server plays as it is', () => {
    expect(sound).toMatchObject({ sampleRate: 8_000, channels: 1, bitsPerSample: 16 })
  })

  it('speaks at once and leaves no silence behind', () => {
    expect(sound.leadingSilenceMs).toBeLessThanOrEqual(50)
    expect(sound.trailingSilenceMs).toBeLessThanOrEqual(50)
  })

  it('is as loud as the others, and not overdriven', () => {
    expect(sound.rmsDb).toBeGreaterThan(-22)
    expect(sound.rmsDb).toBeLessThan(-18)
    expect(sound.peakDb).toBeLessThanOrEqual(-0.9)
  })

  it('is short enough to be heard out', () => {
    expect(sound.durationMs).toBeGreaterThan(500)
    expect(sound.durationMs).toBeLessThan(7_000)
  })
})
