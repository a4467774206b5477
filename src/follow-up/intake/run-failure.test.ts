import { describe, expect, it } from 'vitest'
import { declaredErrors } from '#platform/errors/errors.ts'
import { failureWords } from './run-failure.ts'

/** Of these no run is left behind: they are found before one begins, or do not end one. */
const withoutRun = [
  'IMPORT_FILE_MISSING',
  'IMPORT_FILE_TOO_LARGE',
  'IMPORT_PURPOSE_UNKNOWN',
  'IMPORT_ERRORS_OVER_LIST',
  'IMPORT_ERRORS_UNWRITABLE',
  'IMPORT_COLUMN_FILE_BROKEN',
]
const ofFiles = [...declaredErrors().keys()].filter((code) => code.startsWith('IMPORT_') && !withoutRun.includes(code))

describe('why an import was not completed', () => {
  it.each(ofFiles)('is said in words of its own, without what the run does not know: %s', (code) => {
    const { zh, en } = failureWords(code)
    expect(zh + en).not.toMatch(/\{\w+\}/)
    expect(zh).not.toBe(failureWords('UNEXPECTED').zh)
  })

  it('is said with the next step where it was our own fault, or one that this release does not know', () => {
    expect(failureWords('UNEXPECTED').zh).toContain('请重新导入同一文件')
    expect(failureWords('OF_ANOTHER_RELEASE').en).toContain('Import the same file again')
  })
})
