/**
 * Speaks every prompt of `prompts/<language>/prompts.json` into `<id>.wav` beside it: `npm run prompts`.
 *
 * The same texts and program versions make the same bytes. Sounds whose prompt is gone are removed.
 * A hospital's own recordings do not belong here but into the console or the override folder, where no run of this touches
 * them.
 */
import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { measurePrompt } from '#contact-center/ivr/prompt-file.ts'
import { readPromptTexts } from '#contact-center/ivr/prompt-library.ts'
import { readingOf, speak } from '#contact-center/prompts/speech.ts'
import { AppError } from '#platform/errors/errors.ts'

const folder = join(import.meta.dirname, 'prompts')

export async function makePrompts(log: (line: string) => void): Promise<void> {
  const places = await readdir(folder, { withFileTypes: true })
  for (const { name: language } of places.filter((place) => place.isDirectory())) {
    const { voice, wordsPerMinute, prompts } = readPromptTexts(join(folder, language, 'prompts.json'))
    for (const [id, { text, spoken }] of Object.entries(prompts)) {
      const wav = await speak({ id, words: spoken ?? (await readingOf(text)), voice, wordsPerMinute })
      await writeFile(join(folder, language, `${id}.wav`), wav)
      const sound = measurePrompt(wav)
      log(`${language}/${id}  ${(sound.durationMs / 1_000).toFixed(2)} s  ${sound.rmsDb.toFixed(1)} dB  ${text}`)
    }
    await removeStrangers(join(folder, language), Object.keys(prompts))
  }
}

async function removeStrangers(sounds: string, ids: readonly string[]): Promise<void> {
  for (const name of await readdir(sounds)) {
    if (name.endsWith('.wav') && !ids.includes(name.slice(0, -'.wav'.length))) await rm(join(sounds, name))
  }
}

if (import.meta.main) {
  try {
    await makePrompts((line) => process.stdout.write(`${line}\n`))
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    process.stderr.write(`${error.code}: ${error.message}\n`)
    process.exitCode = 1
  }
}
