import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { OperationalError, UserError } from '#platform/errors/errors.ts'
import { measurePrompt } from '../ivr/prompt-file.ts'
import './prompt-errors.ts'

/**
 * Speaks a text as the telephone plays it: espeak-ng speaks, sox brings it to 8000 Hz, mono, 16 bit, speech at once, one
 * loudness. The same text and program versions make the same bytes.
 */
export interface SpeechOrder {
  /** What the sound will be called; told where it cannot be made. */
  readonly id: string
  /** As the voice is to read it: {@link readingOf} a text, or written by hand. */
  readonly words: string
  /** espeak-ng's voice and words a minute. */
  readonly voice: string
  readonly wordsPerMinute: number
}

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
/** Of signs without words nothing is left but these; no syllable is as short as twice that. */
const leastMs = (marginSeconds.before + marginSeconds.after) * 2_000

/** To the engine, what stands between doubled brackets is no text but phonemes; no bracket is ever said. */
const bracket = /[[\]]/g

/**
 * Hanzi as pinyin with tone numbers. The voice reads Hanzi too, but not by their context: it makes 重复 zhòngfù.
 * It knows the neutral tone as 5, and ü as v.
 *
 * The dictionaries are loaded by the first text: 0.05 s of every start of a house that has nothing to speak.
 */
export async function readingOf(text: string): Promise<string> {
  const { pinyin } = await import('pinyin-pro')
  return pinyin(text.normalize('NFKC').replace(bracket, ' ').replaceAll('\u3002', '.'), {
    toneType: 'num',
    type: 'array',
    nonZh: 'consecutive',
    v: true,
  })
    .map((syllable) => syllable.replace(/0$/, '5'))
    .join(' ')
    .replace(/\s+(?=[,.?!])/g, '')
}

/**
 * @returns the whole file
 * @throws UserError PROMPT_UNSPEAKABLE; OperationalError PROMPT_TOOL_MISSING, PROMPT_NOT_MADE
 */
export async function speak({ id, words, voice, wordsPerMinute }: SpeechOrder): Promise<Buffer> {
  const work = await mkdtemp(join(tmpdir(), 'suifang-prompts-'))
  try {
    const [spoken, shaped, levelled] = ['spoken', 'shaped', 'levelled'].map((step) => join(work, `${step}.wav`))
    if (spoken === undefined || shaped === undefined || levelled === undefined) throw new TypeError('three files')
    const call = (tool: string, args: readonly string[]) => callTool(tool, args, id)
    // What comes after -- is words, whatever they begin with.
    await call('espeak-ng', ['-v', voice, '-s', String(wordsPerMinute), '-w', spoken, '--', words])
    const trim = ['silence', '1', '0.005', '-45d', 'reverse']
    const margin = ['pad', String(marginSeconds.before), String(marginSeconds.after)]
    const telephone = ['-D', '-c', '1', '-b', '16', '-r', '8000']
    // What lies below 150 Hz the telephone does not carry, and it would count as loudness.
    await call('sox', [spoken, ...telephone, shaped, 'gain', '-6', 'highpass', '150', ...trim, ...trim, ...margin])
    const { rmsDb, peakDb, durationMs } = measurePrompt(await readFile(shaped))
    if (durationMs < leastMs) throw new UserError('PROMPT_UNSPEAKABLE')
    const gainDb = Math.min(loudnessDb - rmsDb, highestPeakDb - peakDb)
    await call('sox', [shaped, ...telephone, levelled, 'gain', gainDb.toFixed(2)])
    return await readFile(levelled)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/** What is called, by the names of programs and of Debian's packages alike. */
export const speechTools = ['espeak-ng', 'sox'] as const

/** Whether this machine can speak: which of the programs is missing; null, none. */
export async function missingSpeechTool(): Promise<string | null> {
  for (const tool of speechTools) {
    const there = await run(tool, ['--version'], { timeout: toolTimeoutMs }).then(
      () => true,
      () => false,
    )
    if (!there) return tool
  }
  return null
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
