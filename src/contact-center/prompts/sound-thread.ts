import { Worker } from 'node:worker_threads'
import { type ErrorParams, UserError } from '#platform/errors/errors.ts'
import './prompt-errors.ts'
import type { TelephoneSound } from './telephone-sound.ts'

/** What the thread says. */
export type SoundAnswer =
  | { readonly type: 'made'; readonly sound: TelephoneSound }
  | { readonly type: 'refused'; readonly code: string; readonly params: ErrorParams }

const limitMs = 30_000

/**
 * Converts an upload in a thread of its own: the process that places calls goes on meanwhile, and what a stranger's file
 * does to memory or time ends the thread alone.
 * @throws UserError as `readRecording` and `telephoneSound`; PROMPT_SLOW
 */
export async function convertInThread(bytes: Uint8Array): Promise<TelephoneSound> {
  const worker = new Worker(new URL('./sound-worker.ts', import.meta.url), {
    workerData: bytes,
    resourceLimits: { maxOldGenerationSizeMb: 256 },
  })
  try {
    const answer = await answerOf(worker)
    if (answer.type === 'refused') throw new UserError(answer.code, answer.params)
    // A Buffer comes out of a thread as plain bytes.
    return { ...answer.sound, wav: Buffer.from(answer.sound.wav) }
  } finally {
    await worker.terminate()
  }
}

function answerOf(worker: Worker): Promise<SoundAnswer> {
  return new Promise((resolve, reject) => {
    const slow = () => reject(new UserError('PROMPT_SLOW', { seconds: limitMs / 1_000 }))
    const timer = setTimeout(slow, limitMs)
    const settled = (settle: () => void) => {
      clearTimeout(timer)
      settle()
    }
    worker.once('message', (answer: SoundAnswer) => settled(() => resolve(answer)))
    worker.once('error', (error) => settled(() => reject(error)))
    worker.once('exit', () => settled(slow))
  })
}
