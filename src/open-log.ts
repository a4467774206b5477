import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { createLog, type Log } from '#platform/log.ts'
import { RotatingFile } from '#platform/rotating-file.ts'
import type { Settings } from '#platform/settings/settings.ts'

/** 300 MB at most; some weeks of a busy office. */
const maxBytes = 50 * 1024 * 1024
const kept = 5

/** The house's log: one file in the data folder, so that the terminal is for people; stdout where containers want it. */
export function openLog({ logFile, logLevel }: Settings, name: string): Log {
  if (logFile === '-') return createLog({ level: logLevel, name })
  mkdirSync(dirname(logFile), { recursive: true, mode: 0o700 })
  return createLog({ level: logLevel, name, destination: new RotatingFile({ path: logFile, maxBytes, kept }) })
}
