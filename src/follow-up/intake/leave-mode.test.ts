import { describe, expect, it } from 'vitest'
import { readFlag, readLeaveMode, readOutcome, saysDead } from './leave-mode.ts'

describe('a leave mode', () => {
  it.each([
    ['1', '1'],
    ['05', '5'],
    ['5.0', '5'],
    ['5.死亡', '5'],
    ['5-死亡', '5'],
    ['死亡', '5'],
    ['病故', '5'],
    ['医嘱离院', '1'],
    ['非医嘱离院', '4'],
    ['自动出院', '4'],
    ['医嘱转院', '2'],
    ['医嘱转社区卫生服务机构/乡镇卫生院', '3'],
    ['９', '9'],
    ['5.其他', '9'],
  ])('%j is %s', (text, mode) => {
    expect(readLeaveMode(text)).toEqual({ mode, unknown: false })
  })

  it.each(['15天后复查', 'I25.103', '7'])('%j is unknown, and not a death', (text) => {
    expect(readLeaveMode(text)).toEqual({ mode: null, unknown: true })
  })

  it('is none where nothing is written', () => {
    expect(readLeaveMode('')).toEqual({ mode: null, unknown: false })
  })
})

describe('an outcome', () => {
  it('of death counts by its word', () => {
    expect(readOutcome('死亡')).toEqual({ dead: true, unclear: false })
  })

  it.each(['4', '05'])('as the bare code %s is unclear, since it means death in one dictionary only', (text) => {
    expect(readOutcome(text)).toEqual({ dead: false, unclear: true })
  })

  it.each(['治愈', '1', '4.恶化', ''])('%j is clear', (text) => {
    expect(readOutcome(text)).toEqual({ dead: false, unclear: false })
  })
})

describe('words of death', () => {
  it.each(['患者已死亡', '10月3日病故', '院内去世'])('%s says that the patient is dead', (text) => {
    expect(saysDead(text)).toBe(true)
  })

  it.each(['否认死亡', '死亡风险告知', '胎死宫内', '股骨头坏死', '其父去年病故', '丈夫已去世'])(
    '%s does not',
    (text) => {
      expect(saysDead(text)).toBe(false)
    },
  )

  it('may be a flag', () => {
    expect(['是', '1', 'Y', '√', '否', '0', ''].map(readFlag)).toEqual([true, true, true, true, false, false, false])
  })
})
