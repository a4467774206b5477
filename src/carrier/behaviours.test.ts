import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { behaviourOf, behaviours } from './behaviours.ts'

const all = Array.from({ length: 100 }, (_, i) => behaviourOf(`1990000${String(i).padStart(4, '0')}`).name)

test('every two last digits have a patient, and every patient but the one for load has a number', () => {
  const { bench, ...listed } = behaviours
  expect(bench.name).toBe('bench')
  expect(new Set(all)).toEqual(new Set(Object.values(listed).map(({ name }) => name)))
})

test('about seven in ten complete the questionnaire', () => {
  const complete = new Set(['satisfied', 'mixed', 'talker', 'proxy', 'clumsy', 'early'])
  expect(all.filter((name) => complete.has(name))).toHaveLength(71)
})

test('the table in the docstring is the table in the code', () => {
  const text = readFileSync(new URL('./behaviours.ts', import.meta.url), 'utf8')
  const documented = [...text.matchAll(/^ \* \| (\d\d)(?:–(\d\d))? \|/gm)].map(([, from, to]) => [from, to ?? from])
  const coded = [...text.matchAll(/^ {2}\[(\d+), (\d+), '/gm)].map(([, from = '', to = '']) => [
    from.padStart(2, '0'),
    to.padStart(2, '0'),
  ])
  expect(documented).toEqual(coded)
})

test.each(['', '5', 'abc', '12x'])('%j is no number of this carrier', (number) => {
  expect(behaviourOf(number).name).toBe('invalidNumber')
})

test('the number keeps its patient behind a prefix or a plus', () => {
  expect(behaviourOf('+8619900000081').name).toBe('busy')
})
