import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { root, runProgram, say } from './program.ts'

const stampFile = join(root, 'dist/console.stamp')

/** Builds the console into dist/console, unless the one there was built from the same sources. */
export async function buildConsole(): Promise<void> {
  const sources = await hashSources()
  const built = await readFile(stampFile, 'utf8').catch(() => '')
  if (built === sources && existsSync(join(root, 'dist/console/index.html'))) return
  say('Building the console …')
  await rm(stampFile, { force: true })
  // Whoever asks: with the NODE_ENV of a test run it would be a development build.
  const code = await runProgram('vite', ['build', 'src/console', '--logLevel', 'warn'], {
    quietStdout: true,
    env: { NODE_ENV: 'production' },
  })
  if (code !== 0) throw new Error(`the console could not be built (vite ended with ${code})`)
  await writeFile(stampFile, sources)
}

/** The console's own files and the packages they are built with: it imports nothing else but types. */
async function hashSources(): Promise<string> {
  const hash = createHash('sha256').update(await readFile(join(root, 'package-lock.json')))
  const entries = await readdir(join(root, 'src/console'), { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  for (const file of files.sort()) hash.update(file.slice(root.length)).update(await readFile(file))
  return hash.digest('hex')
}
