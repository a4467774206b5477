import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { declaredErrors } from './errors.ts'

const source = join(import.meta.dirname, '../..')

// A user's mistake that should have been caught earlier may be thrown as unexpected.
test('every error that the code throws is declared, of the kind it is thrown as', async () => {
  const files = (await readdir(source, { recursive: true })).filter(
    (name) => name.endsWith('.ts') && !name.endsWith('.test.ts'),
  )
  for (const tables of files.filter((name) => name.endsWith('-errors.ts'))) await import(join(source, tables))
  const wrong: string[] = []
  for (const name of files) {
    const text = await readFile(join(source, name), 'utf8')
    for (const [, kind = '', code = ''] of text.matchAll(
      /new (User|Operational|Unexpected)Error\(\s*'([A-Z0-9_]+)'/g,
    )) {
      const declared = declaredErrors().get(code)?.kind
      if (declared === undefined || (kind !== 'Unexpected' && declared !== kind.toLowerCase()))
        wrong.push(`${name}: ${kind}Error ${code} is declared as ${declared}`)
    }
  }
  expect(wrong).toEqual([])
})
