import { expect, test } from 'vitest'
import { readSettings } from '#platform/settings/settings.ts'
import { openLog } from './open-log.ts'

test('a command in a container keeps its log out of its answer', () => {
  const lines: string[] = []
  const settings = readSettings({ LOG_FILE: '-' })
  openLog(settings, 'suifang-cli', { write: (line) => lines.push(line) }).info('joined')
  expect(lines.map((line) => JSON.parse(line).msg)).toEqual(['joined'])
})
