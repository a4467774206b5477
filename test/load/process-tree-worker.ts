/** Looks at a process and all that it started, once, beside the thread that asked. */
import { parentPort, workerData } from 'node:worker_threads'
import { processTree } from './process-tree.ts'

parentPort?.postMessage(processTree(Number(workerData)))
