import { describe, expect, it } from 'vitest'
import { separateWords } from './words.ts'

describe('words of an argument', () => {
  it.each([
    ['a b', ['a', 'b']],
    ['  a   b  ', ['a', 'b']],
    ["id start '/a b/c.wav' 10", ['id', 'start', '/a b/c.wav', '10']],
    ["x '' y", ['x', '', 'y']],
    ["it\\'s a\\sb", ["it's", 'a b']],
    ['\\d+ ^[1-3]$', ['\\d+', '^[1-3]$']],
    ["'open end", ['open end']],
    ['', []],
  ])('%s', (text, words) => {
    expect(separateWords(text)).toEqual(words)
  })
})
