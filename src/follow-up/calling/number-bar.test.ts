import { describe, expect, it } from 'vitest'
import { barOf } from './number-bar.ts'

describe('a number', () => {
  it.each([
    ['+8613800138000', 'none'],
    ['+8619900000101', 'none'],
    ['+8617000000001', 'none'],
    ['+861062288288', 'none'],
    ['+8610622882888', 'service'],
    ['+862168888888', 'none'],
    ['+867522288288', 'none'],
    ['+8675522288288', 'none'],
    ['+12025550123', 'foreign'],
    ['+85223456789', 'foreign'],
    ['+886223456789', 'foreign'],
    ['0012025550123', 'foreign'],
    ['13800138000', 'foreign'],
    ['+8613491234567', 'premium'],
    ['+8617401234567', 'premium'],
    ['+8617491234567', 'premium'],
    ['+8617411234567', 'none'],
    ['+86168', 'premium'],
    ['+8616812345', 'premium'],
    ['+867551681234', 'premium'],
    ['+8695588', 'service'],
    ['+8696110', 'service'],
    ['+864008001234', 'service'],
    ['+868008101234', 'service'],
    ['+86110', 'service'],
    ['+8610086', 'service'],
    ['+86114', 'service'],
    ['+86', 'foreign'],
    ['', 'foreign'],
  ] as const)('%s is barred as %s', (number, bar) => {
    expect(barOf(number)).toBe(bar)
  })
})
