import { describe, expect, it } from 'vitest'
import { cellText, cutText, saysNothing } from './cell.ts'
import { readDiagnoses } from './diagnosis.ts'
import { readRelation } from './relation.ts'
import { readSex } from './sex.ts'

describe('a cell', () => {
  it.each([
    ['  a　', 'a'],
    ["'0123", '0123'],
    ['="0123"', '0123'],
    ['\u200bZY1\t', 'ZY1'],
    ['\ufeff姓名', '姓名'],
    ['a\nb', 'a\nb'],
  ])('%j reads %j', (text, value) => {
    expect(cellText(text)).toBe(value)
  })

  it('that is a number keeps every digit', () => {
    expect(cellText({ kind: 'number', value: 19900000001, format: 'general' })).toBe('19900000001')
    expect(cellText({ kind: 'number', value: 110100193902029000, format: 'general' })).toBe('110100193902029000')
  })

  it('is cut between characters, never through a rare one', () => {
    expect(cutText(`${'内'.repeat(199)}𠮷科`, 200)).toBe('内'.repeat(199))
    expect(cutText(`${'内'.repeat(198)}𠮷科`, 200)).toBe(`${'内'.repeat(198)}𠮷`)
    expect(cutText('内科', 200)).toBe('内科')
  })

  it.each(['', ' ', '无', '／', '———', 'null', 'N/A', '0'])('%j says nothing', (text) => {
    expect(saysNothing(text)).toBe(true)
  })

  it.each(['0.5', '张无忌', '10'])('%j says something', (text) => {
    expect(saysNothing(text)).toBe(false)
  })
})

describe('a relation', () => {
  it.each([
    ['配偶', '1'],
    ['儿子', '2'],
    ['女儿', '3'],
    ['外孙女', '4'],
    ['母亲', '5'],
    ['5', '5'],
    ['51', '5'],
    ['01', '1'],
    ['5 父母', '5'],
    ['外婆', '6'],
    ['兄弟姐妹', '7'],
    ['本人', '0'],
    ['护工小王', '8'],
    ['义兄弟会', '7'],
    ['债主', '8'],
  ])('%s has code %s', (text, code) => {
    expect(readRelation(text)?.code).toBe(code)
  })

  it('of a long unknown word keeps whole characters of it', () => {
    expect(readRelation(`${'债'.repeat(19)}𠮷`)?.word).toBe('债'.repeat(19))
  })

  it('is none where nothing is written', () => {
    expect(readRelation('')).toBeNull()
  })
})

describe('a sex', () => {
  it.each([
    ['男', 'male'],
    ['1', 'male'],
    ['2女', 'female'],
    ['女性', 'female'],
    ['F', 'female'],
    ['0', null],
    ['9', null],
    ['未知', null],
  ])('%s is %s', (text, sex) => {
    expect(readSex(text)).toBe(sex)
  })
})

describe('diagnoses', () => {
  it('give the code to the main one', () => {
    expect(readDiagnoses('1.腰椎间盘突出\n2.高脂血症', 'M51.202')).toEqual([
      { code: 'M51.202', text: '腰椎间盘突出' },
      { code: null, text: '高脂血症' },
    ])
  })

  it('keep a comma inside a name', () => {
    expect(readDiagnoses('支气管肺炎,高脂血症', 'J18.000')).toEqual([{ code: 'J18.000', text: '支气管肺炎,高脂血症' }])
  })

  it.each([
    ['i10.X00X002', 'I10.x00x002'],
    ['E11.900', 'E11.900'],
    ['I21.900x001', 'I21.900x001'],
    ['A18.001+', 'A18.001+'],
    ['C34', 'C34'],
  ])('write the code %s as %s', (text, code) => {
    expect(readDiagnoses('', text)).toEqual([{ code, text: null }])
  })

  it('take a code out of the text', () => {
    expect(readDiagnoses('I25.103 冠心病', '')).toEqual([{ code: 'I25.103', text: '冠心病' }])
  })

  it('do not take a number in a name for numbering', () => {
    expect(readDiagnoses('2型糖尿病', '')).toEqual([{ code: null, text: '2型糖尿病' }])
  })

  it('are none where nothing is written', () => {
    expect(readDiagnoses('', '')).toEqual([])
  })
})
