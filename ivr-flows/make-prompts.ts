/**
 * Speaks every prompt of `prompts/<language>/prompts.json` into `<id>.wav` beside it: `npm run prompts`.
 *
 * espeak-ng speaks, sox brings it to what the telephone plays: 8000 Hz, mono, 16 bit, speech at once, one loudness.
 * The same texts and program versions make the same bytes. Sounds whose prompt is gone are removed.
 * A hospital's own recordings do not belong here but into the override folder, where no run of this touches them.
 */
import { execFile } from 'node:child_process'
import { copyFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { pinyin } from 'pinyin-pro'
import { measurePrompt, type PromptSound } from '#contact-center/ivr/prompt-file.ts'
import { type PromptTexts, readPromptTexts } from '#contact-center/ivr/prompt-library.ts'
import { AppError, declareErrors, OperationalError } from '#platform/errors/errors.ts'

declareErrors({
  PROMPT_TOOL_MISSING: {
    kind: 'operational',
    status: 503,
    en: '{tool} is not installed. On Debian: apt-get install espeak-ng sox.',
    zh: '未安装 {tool}。Debian 系统请运行:apt-get install espeak-ng sox。',
  },
  PROMPT_NOT_MADE: {
    kind: 'operational',
    status: 503,
    en: '{tool} could not make the prompt "{prompt}": {reason}. Look at its text in prompts.json.',
    zh: '{tool} 无法生成语音"{prompt}":{reason}。请检查 prompts.json 中的文字。',
  },
})

const run = promisify(execFile)
const toolTimeoutMs = 20_000

/** Mean level of telephone speech, and room above it, in dB of full scale. */
const loudnessDb = -20
const highestPeakDb = -1
/**
 * Left before the first sound and after the last, so that nothing clicks. Little before: the first packet of 20 ms is to
 * be speech already, and not one more that the patient waits for.
 */
const marginSeconds = { before: 0.004, after: 0.02 }

const folder = join(import.meta.dirname, 'prompts')

export async function makePrompts(log: (line: string) => void): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'suifang-prompts-'))
  try {
    const places = await readdir(folder, { withFileTypes: true })
    for (const { name: language } of places.filter((place) => place.isDirectory())) {
      const texts = readPromptTexts(join(folder, language, 'prompts.json'))
      for (const [id, { text, spoken }] of Object.entries(texts.prompts)) {
        const sound = await makePrompt({ texts, id, words: spoken ?? readingOf(text), work, language })
        log(`${language}/${id}  ${(sound.durationMs / 1_000).toFixed(2)} s  ${sound.rmsDb.toFixed(1)} dB  ${text}`)
      }
      await removeStrangers(join(folder, language), Object.keys(texts.prompts))
    }
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/**
 * Hanzi as pinyin with tone numbers. The voice reads Hanzi too, but not by their context: it makes 重复 zhòngfù.
 * It knows the neutral tone as 5, and ü as v.
 */
export function readingOf(text: string): string {
  return pinyin(text.normalize('NFKC').replaceAll('\u3002', '.'), {
    toneType: 'num',
    type: 'array',
    nonZh: 'consecutive',
    v: true,
  })
    .map((syllable) => syllable.replace(/0$/, '5'))
    .join(' ')
    .replace(/\s+(?=[,.?!])/g, '')
}

interface PromptOrder {
  readonly texts: PromptTexts
  readonly id: string
  readonly words: string
  readonly language: string
  readonly work: string
}

async function makePrompt({ texts, id, words, language, work }: PromptOrder): Promise<PromptSound> {
  const [spoken, shaped, levelled] = ['spoken', 'shaped', 'levelled'].map((step) => join(work, `${id}-${step}.wav`))
  if (spoken === undefined || shaped === undefined || levelled === undefined) throw new TypeError('three files')
  const call = (tool: string, args: readonly string[]) => callTool(tool, args, id)
  await call('espeak-ng', ['-v', texts.voice, '-s', String(texts.wordsPerMinute), '-w', spoken, words])
  const trim = ['silence', '1', '0.005', '-45d', 'reverse']
  const margin = ['pad', String(marginSeconds.before), String(marginSeconds.after)]
  const telephone = ['-D', '-c', '1', '-b', '16', '-r', '8000']
  // What lies below 150 Hz the telephone does not carry, and it would count as loudness.
  await call('sox', [spoken, ...telephone, shaped, 'gain', '-6', 'highpass', '150', ...trim, ...trim, ...margin])
  const { rmsDb, peakDb } = measurePrompt(await readFile(shaped))
  const gainDb = Math.min(loudnessDb - rmsDb, highestPeakDb - peakDb)
  await call('sox', [shaped, ...telephone, levelled, 'gain', gainDb.toFixed(2)])
  const sound = measurePrompt(await readFile(levelled))
  await copyFile(levelled, join(folder, language, `${id}.wav`))
  return sound
}

async function callTool(tool: string, args: readonly string[], prompt: string): Promise<void> {
  try {
    await run(tool, args, { timeout: toolTimeoutMs })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new OperationalError('PROMPT_TOOL_MISSING', { tool }, { cause: error })
    }
    const reason = error instanceof Error ? error.message : String(error)
    throw new OperationalError('PROMPT_NOT_MADE', { tool, prompt, reason }, { cause: error })
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
