import { expect, it } from 'vitest'
import { languageOf } from './language.ts'

it.each([
  [undefined, 'en'],
  ['', 'en'],
  ['zh-CN,zh;q=0.9,en;q=0.8', 'zh'],
  ['en;q=0.4, zh-Hans;q=0.7', 'zh'],
  ['fr, de', 'en'],
  ['fr, zh;q=0.2', 'zh'],
  ['zh;q=0, en', 'en'],
  ['ZH', 'zh'],
  ['*', 'en'],
] as const)('Accept-Language %s is answered in %s', (header, language) => {
  expect(languageOf(header)).toBe(language)
})
