/**
 * Entry of the media worker's thread: sockets, clock and files of all legs, so that neither SIP nor the event socket
 * can make a packet late. Started by `MediaEngine`.
 */
import { parentPort, workerData } from 'node:worker_threads'
import type { MediaWorkerSettings, ToWorker } from './leg-messages.ts'
import { MediaWorker } from './media-worker.ts'

if (parentPort === null) throw new Error('media/worker.ts runs only as a worker thread')
const port = parentPort
// Written by MediaEngine in this very version: no other process can start this thread.
const settings: MediaWorkerSettings = workerData
const worker = new MediaWorker(settings, (message) => port.postMessage(message))
port.on('message', (message: ToWorker) => worker.handle(message))
await worker.start()
