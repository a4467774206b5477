import { expect, test } from 'vitest'
import { voiceOf } from './voice.ts'

test('six hundred numbers in a row have as many voices, all of them within a telephone’s band', () => {
  const heard = Array.from({ length: 600 }, (_, i) => voiceOf(String(19_900_008_000 + i)))
  expect(new Set(heard).size).toBe(600)
  expect(heard.every((hz) => hz >= 300 && hz <= 3_400 && hz % 5 === 0)).toBe(true)
})

test('who has no number has a voice all the same', () => {
  expect(voiceOf('')).toBe(300)
})
