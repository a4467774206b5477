import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkCharacter, readIdFromNumber, readIdNumber } from './id-number.ts'

const today = '2026-11-20'
const read = (text: string) => readIdNumber(text, today)

describe('an identity number', () => {
  it('is taken with its check digit, date and sex', () => {
    expect(read('11010519491231002X')).toEqual({
      kind: 'resident',
      value: '11010519491231002X',
      birthDate: '1949-12-31',
      sex: 'female',
      warnings: [],
    })
  })

  it.each([
    ['a lower-case x', '11010519491231002x'],
    ['spaces inside and around', ' 110105 19491231 002X　'],
    ['full-width characters', '１１０１０５１９４９１２３１００２Ｘ'],
  ])('is stored the same way from %s', (_, text) => {
    expect(read(text).value).toBe('11010519491231002X')
  })

  it('is dropped where the check digit is wrong', () => {
    expect(read('110105194912310021')).toMatchObject({ value: null, birthDate: null, warnings: ['id_check_digit'] })
  })

  it('is dropped where there is no such day although the check digit is right', () => {
    expect(read('441302198502290019')).toMatchObject({ value: null, warnings: ['id_birth_date_impossible'] })
  })

  it('is taken for 29 February of a leap year', () => {
    expect(read('441302198402290011')).toMatchObject({ value: '441302198402290011', birthDate: '1984-02-29' })
  })

  it('is kept with a warning for a person who would be 146', () => {
    expect(read('440524188001010014')).toMatchObject({
      value: '440524188001010014',
      warnings: ['id_age_implausible'],
    })
  })

  it('is taken from residents of Hong Kong, Macao and Taiwan', () => {
    expect(read('810000199001010019')).toMatchObject({ kind: 'resident', value: '810000199001010019' })
  })

  it('with 15 digits is upgraded to 18', () => {
    const upgraded = read('310100910322993')
    expect(upgraded).toMatchObject({ birthDate: '1991-03-22', warnings: ['id_15_digits'] })
    expect(upgraded.value).toMatch(/^31010019910322993[\dX]$/)
  })

  it.each(['1.10105E+17', '1.10105e17', '4.4E+17'])('in scientific notation (%s) is dropped', (text) => {
    expect(read(text)).toMatchObject({ value: null, warnings: ['id_scientific'] })
  })

  it('stored as a number has lost its last digits', () => {
    expect(readIdFromNumber(110100193902029000, today)).toMatchObject({
      value: null,
      warnings: ['id_stored_as_number_precision_lost'],
    })
  })

  it('of 15 digits survives being stored as a number', () => {
    expect(readIdFromNumber(310100910322993, today).value).toMatch(/^31010019910322993/)
  })

  it.each(['E12345678', 'H1234567890', '军字第12345678号'])('%s is another paper and stays as it is', (text) => {
    expect(read(text)).toMatchObject({ kind: 'other', value: text, warnings: ['id_other_document'] })
  })

  it.each(['11010519491231002', '123', '1101051949123100212'])('%s has a wrong length', (text) => {
    expect(read(text)).toMatchObject({ value: null, warnings: ['id_wrong_length'] })
  })

  const validIds = fc
    .tuple(
      fc.integer({ min: 110000, max: 659004 }),
      fc.date({ min: new Date('1910-01-01'), max: new Date('2026-11-19'), noInvalidDate: true }),
      fc.integer({ min: 0, max: 999 }),
    )
    .map(([area, born, order]) => {
      const first17 = `${area}${born.toISOString().slice(0, 10).replaceAll('-', '')}${String(order).padStart(3, '0')}`
      return first17 + checkCharacter(first17)
    })

  it('is always taken when it is right, and tells birth and sex', () => {
    fc.assert(
      fc.property(validIds, (id) => {
        const told = read(id)
        expect(told.value).toBe(id)
        expect(told.birthDate?.replaceAll('-', '')).toBe(id.slice(6, 14))
        expect(told.sex).toBe(Number(id[16]) % 2 === 1 ? 'male' : 'female')
      }),
    )
  })

  it('is never taken with one digit changed', () => {
    fc.assert(
      fc.property(validIds, fc.integer({ min: 0, max: 16 }), fc.integer({ min: 1, max: 9 }), (id, at, by) => {
        const digit = (Number(id[at]) + by) % 10
        expect(read(id.slice(0, at) + digit + id.slice(at + 1)).value).toBeNull()
      }),
    )
  })

  it('is never taken with two neighbouring digits swapped', () => {
    fc.assert(
      fc.property(validIds, fc.integer({ min: 0, max: 15 }), (id, at) => {
        const [a, b] = [id.charAt(at), id.charAt(at + 1)]
        fc.pre(a !== b)
        expect(read(id.slice(0, at) + b + a + id.slice(at + 2)).value).toBeNull()
      }),
    )
  })

  it('of any text is a value or a warning, never an error', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        const told = read(text)
        expect(told.value === null ? told.kind : 'kept').not.toBe('resident')
      }),
    )
  })
})
