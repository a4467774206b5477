import { join } from 'node:path'

/** Where recordings lie, a folder a day. */
export function recordingsFolder(dataDir: string): string {
  return join(dataDir, 'recordings')
}
