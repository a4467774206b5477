import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { passwordFaults, randomPassword } from './password.ts'

const nurse = { signInName: 'nurse.li', administrator: false }
const admin = { signInName: 'admin', administrator: true }

describe('password rules (requirements §8.5)', () => {
  it.each([
    ['Ab1-efg', nurse, 'too_short'],
    ['Abcdefg1-xy', admin, 'too_short'],
    ['abcdefgh12', nurse, 'too_few_classes'],
    ['XX-Nurse.Li-9', nurse, 'holds_name'],
    ['My-Passw0rd-77', nurse, 'too_common'],
    ['aA1aA1aA1', nurse, 'repeated'],
    [`Aa1-${'x'.repeat(140)}`, nurse, 'too_long'],
  ] as const)('refuses %s', (password, owner, fault) => {
    expect(passwordFaults(password, owner)).toContain(fault)
  })

  it('takes eight characters of three classes from a nurse, and twelve from an administrator', () => {
    expect(passwordFaults('Rain7dro', nurse)).toEqual([])
    expect(passwordFaults('Harbour-Light', admin)).toEqual([])
  })

  it('counts characters, not code units', () => {
    expect(passwordFaults('Ab1𠮷𠮷𠮷𠮷', nurse)).toContain('too_short')
  })

  it('makes first passwords that keep its own rules', () => {
    fc.assert(fc.property(fc.constant(null), () => passwordFaults(randomPassword(), admin).length === 0))
  })
})
