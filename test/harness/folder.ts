import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** An empty folder; `close()` removes it with all that is in it. */
export async function testFolder(): Promise<{ readonly path: string; close(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'suifang-test-'))
  return { path, close: () => rm(path, { recursive: true, force: true }) }
}
