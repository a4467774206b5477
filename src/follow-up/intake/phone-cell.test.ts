import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readPhoneCell } from './phone-cell.ts'

const numbers = (text: string, areaCode?: string) =>
  readPhoneCell(text, areaCode === undefined ? {} : { areaCode }).phones.map(({ number }) => number)
const warnings = (text: string) => readPhoneCell(text).warnings

describe('a phone cell', () => {
  it.each([
    ['+86 138-0013-8000', '13800138000'],
    ['0086 13800138000', '13800138000'],
    ['8613800138000', '13800138000'],
    ['１３８００１３８０００', '13800138000'],
    ['138 0013 8000', '13800138000'],
    ['17951-13800138000', '13800138000'],
    ['013800138000', '13800138000'],
    ['手机13800138000', '13800138000'],
    ['13800138000.0', '13800138000'],
    ['1.3800138000E10', '13800138000'],
    ['199 0000 0149  ', '19900000149'],
    ['(0752)2288288', '07522288288'],
    ['0752-2288288', '07522288288'],
    ['010-62288288', '01062288288'],
    ['+86 752 2288288', '07522288288'],
    ['0755 2228 8288', '075522288288'],
  ])('%j is one number', (text, number) => {
    expect(numbers(text)).toEqual([number])
  })

  it('stores E.164', () => {
    expect(readPhoneCell('0752-2288288').phones[0]?.e164).toBe('+867522288288')
    expect(readPhoneCell('13800138000').phones[0]?.e164).toBe('+8613800138000')
  })

  it('splits several numbers and puts a mobile before a landline with extension', () => {
    const { phones, warnings } = readPhoneCell('0752-2288288 转 801/13800138000')
    expect(phones.map(({ number, extension }) => [number, extension])).toEqual([
      ['13800138000', null],
      ['07522288288', '801'],
    ])
    expect(warnings).toContain('several_numbers')
  })

  it.each([
    '13800138000/13900139000',
    '13800138000、13900139000',
    '13800138000，13900139000',
    '13800138000;13900139000',
    '13800138000 13900139000',
    '13800138000\n13900139000',
    '13800138000或13900139000',
    '1380013800013900139000',
    '13800138000(本人) 13900139000(女儿)',
  ])('%j is two numbers', (text) => {
    expect(numbers(text)).toEqual(['13800138000', '13900139000'])
  })

  it('keeps whose number it is', () => {
    const { phones, warnings } = readPhoneCell('19900000043、19900000045（女儿）')
    expect(phones.map(({ relation }) => relation)).toEqual([null, { code: '3', word: '女儿' }])
    expect(warnings).toEqual(['text_in_phone', 'several_numbers'])
  })

  it('reads a relation in front of its number', () => {
    expect(readPhoneCell('母亲：13800138000').phones[0]?.relation?.word).toBe('母亲')
  })

  it('drops the same number written twice', () => {
    expect(numbers('13800138000/+86 138 0013 8000')).toEqual(['13800138000'])
  })

  it.each(['', '无', '不详', '拒留', '-', '——', '/', '0', '无。'.slice(0, 1), 'N/A'])(
    '%j says that there is none',
    (text) => {
      expect(readPhoneCell(text)).toEqual({ phones: [], warnings: [] })
    },
  )

  it.each([
    ['1990000004', 'phone_wrong_length'],
    ['199000000411', 'phone_wrong_length'],
    ['12345678901', 'phone_wrong_length'],
    ['1.99E+10', 'phone_scientific'],
    ['1.99000E+10', 'phone_scientific'],
    ['138****8000', 'phone_masked'],
    ['10086', 'phone_not_a_subscriber'],
    ['120', null],
    ['400-800-8888', 'phone_not_a_subscriber'],
    ['+852 9123 4567', 'phone_foreign'],
    ['0990-0000157', 'fictitious_landline_ignored_or_kept'],
  ])('%j is no number to call', (text, warning) => {
    expect(numbers(text)).toEqual([])
    if (warning) expect(warnings(text)).toContain(warning)
  })

  it('takes the mobile beside an impossible landline', () => {
    expect(numbers('0990-0000157 19900000157')).toEqual(['19900000157'])
  })

  it('gives a landline without area code the hospital’s, and calls none without', () => {
    expect(numbers('2288288', '0752')).toEqual(['07522288288'])
    expect(numbers('2288288')).toEqual([])
    expect(warnings('2288288')).toContain('landline_without_area_code')
  })

  it('takes a mobile with a digit too few for no landline', () => {
    expect(numbers('19900001', '0752')).toEqual([])
  })

  const mobiles = fc
    .tuple(fc.integer({ min: 3, max: 9 }), fc.integer({ min: 0, max: 999_999_999 }))
    .map(([second, rest]) => `1${second}${String(rest).padStart(9, '0')}`)
  const dressings: readonly ((number: string) => string)[] = [
    (number) => number,
    (number) => `+86${number}`,
    (number) => `0086-${number}`,
    (number) => `${number.slice(0, 3)} ${number.slice(3, 7)} ${number.slice(7)}`,
    (number) => `${number.slice(0, 3)}-${number.slice(3, 7)}-${number.slice(7)}`,
    (number) => [...number].map((digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0)).join(''),
    (number) => ` ${number}.0 `,
  ]

  it('finds every mobile, however it is dressed and whatever stands between', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(mobiles, fc.nat({ max: dressings.length - 2 })), { minLength: 1, maxLength: 4 }),
        fc.constantFrom('/', '、', ',', ' / ', ';', '，', '\n'),
        (written, separator) => {
          const text = written.map(([number, how]) => dressings[how]?.(number)).join(separator)
          expect(numbers(text)).toEqual([...new Set(written.map(([number]) => number))])
        },
      ),
    )
  })

  it('of any text holds only numbers that can be dialled', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'0123456789 -+/、转(*E.女x'), maxLength: 30 }), (text) => {
        for (const { e164 } of readPhoneCell(text).phones) {
          expect(e164).toMatch(/^\+86(1[3-9]\d{9}|(10|2\d|[3-9]\d{2})[2-9]\d{6,7})$/)
        }
      }),
    )
  })
})
