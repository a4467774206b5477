import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { createLog, type Log, type LogOptions } from '#platform/log.ts'
import { RotatingFile } from '#platform/rotating-file.ts'
import type { Settings } from '#platform/settings/settings.ts'

/** 300 MB at most; some weeks of a busy office. */
const maxBytes = 50 * 1024 * 1024
const kept = 5

/**
 * The house's log: one file in the data folder, so that the terminal is for people; where containers want it there
 * (`LOG_FILE=-`), stdout.
 * @param instead of stdout: a command's stdout is its answer
 */
export function openLog({ logFile, logLevel }: Settings, name: string, instead?: LogOptions['destination']): Log {
  if (logFile === '-') return createLog({ level: logLevel, name, ...(instead && { destination: instead }) })
  mkdirSync(dirname(logFile), { recursive: true, mode: 0o700 })
  return createLog({ level: logLevel, name, destination: new RotatingFile({ path: logFile, maxBytes, kept }) })
}
