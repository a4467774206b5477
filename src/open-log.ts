import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { destination } from 'pino'
import { createLog, type Log } from '#platform/log.ts'
import type { Settings } from '#platform/settings/settings.ts'

/** At each start a file that has grown to this makes room; its predecessor is kept. */
const rotateAtBytes = 50 * 1024 * 1024

/** The house's log: one file in the data folder, so that the terminal is for people; stdout where containers want it. */
export function openLog({ logFile, logLevel }: Settings, name: string): Log {
  if (logFile === '-') return createLog({ level: logLevel, name })
  mkdirSync(dirname(logFile), { recursive: true, mode: 0o700 })
  if (existsSync(logFile) && statSync(logFile).size > rotateAtBytes) renameSync(logFile, `${logFile}.1`)
  return createLog({ level: logLevel, name, destination: destination({ dest: logFile, mode: 0o600, sync: true }) })
}
