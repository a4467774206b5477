import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { maskName, maskPhone, maskRecordNumber, nationalNumber } from './person-mask.ts'

describe('masking (requirements §8.5)', () => {
  it.each([
    ['张三', '张*'],
    ['欧阳明', '欧**'],
    ['迪丽热巴·迪力木拉提', '迪***'],
    ['李', '李*'],
    ['𠮷田', '𠮷*'],
  ])('name %s is shown as %s', (name, shown) => {
    expect(maskName(name)).toBe(shown)
  })

  it.each([
    ['+8613800138000', '138****8000'],
    ['+8675583901234', '075****1234'],
    ['+86110', '**10'],
  ])('number %s is shown as %s', (number, shown) => {
    expect(maskPhone(number)).toBe(shown)
  })

  it('never shows more than seven digits of a number, nor more than one character of a name', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^1[3-9]\d{9}$/), fc.string({ minLength: 2, unit: 'grapheme' }), (mobile, name) => {
        expect(maskPhone(`+86${mobile}`).replace(/\D/g, '')).toHaveLength(7)
        expect(maskName(`张${name}`)).toMatch(/^张\*{1,3}$/u)
      }),
    )
  })

  it('writes numbers as they are dialled in the country', () => {
    expect(nationalNumber('+8613800138000')).toBe('13800138000')
    expect(nationalNumber('+8675583901234')).toBe('075583901234')
    expect(nationalNumber('+85221234567')).toBe('0085221234567')
  })

  it('leaves of an admission number what tells rows apart', () => {
    expect(maskRecordNumber('ZY2026000123')).toBe('ZY********23')
    expect(maskRecordNumber('12')).toBe('*2')
  })
})
