import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { actionWord } from './code-words.ts'

const source = join(import.meta.dirname, '../..')

/** Actions that the source writes into the audit trail by name. */
async function actionsWritten(): Promise<readonly string[]> {
  const found = new Set<string>()
  for await (const file of glob('{platform,telephony,contact-center,follow-up}/**/*.ts', { cwd: source })) {
    if (file.endsWith('.test.ts')) continue
    const text = await readFile(join(source, file), 'utf8')
    for (const [, action = ''] of text.matchAll(/\baction: '([a-z_]+\.[a-z_]+)'/g)) found.add(action)
  }
  return [...found].sort()
}

it('every action of the audit trail is told in words', async () => {
  const actions = await actionsWritten()
  expect(actions.length).toBeGreaterThan(60)
  expect(actions.filter((action) => actionWord(action) === action)).toEqual([])
})
