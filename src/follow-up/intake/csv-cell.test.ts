import { expect, it } from 'vitest'
import { csvLine } from './csv-cell.ts'

it.each([
  ['=1+1', "'=1+1"],
  ['内科;=1+1', '"内科;=1+1"'],
  ['内科\t=1+1', '"内科\t=1+1"'],
  ['\n=1+1', `"'\n=1+1"`],
  ['肺炎, 感冒', '"肺炎, 感冒"'],
  ['内科', '内科'],
])('a cell %j is written so that no spreadsheet, whatever it splits at, runs what is in it', (text, written) => {
  expect(csvLine([text])).toBe(written)
})
