import { expect, test } from 'vitest'
import { readQ850 } from './q850.ts'

test.each([
  ['Q.850;cause=17;text="User busy"', 17],
  ['Q.850 ; cause = 1', 1],
  ['SIP;cause=480;text="gone, away", Q.850;cause=18', 18],
  ['Q.850;text="a;b, cause=3";cause=20', 20],
  ['q.850;cause=127', 127],
])('the cause is read from %s', (reason, cause) => {
  expect(readQ850(reason)).toBe(cause)
})

test.each([
  [undefined],
  [''],
  ['SIP;cause=200;text="Call completed elsewhere"'],
  ['Q.850'],
  ['Q.850;cause=999'],
  ['XQ.850;cause=16'],
])('there is no cause in %s', (reason) => {
  expect(readQ850(reason)).toBeNull()
})
