import { parentPort, workerData } from 'node:worker_threads'
import { UserError } from '#platform/errors/errors.ts'
import { readRecording } from './recorded-sound.ts'
import type { SoundAnswer } from './sound-thread.ts'
import { telephoneSound } from './telephone-sound.ts'

/** The thread's side of `sound-thread.ts`. */
function answer(): SoundAnswer {
  try {
    const bytes: unknown = workerData
    if (!(bytes instanceof Uint8Array)) throw new TypeError('bytes were expected')
    return { type: 'made', sound: telephoneSound(readRecording(Buffer.from(bytes))) }
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return { type: 'refused', code: error.code, params: error.params }
  }
}

parentPort?.postMessage(answer())
