import { describe, expect, it } from 'vitest'
import { readPersonName } from './person-name.ts'

describe('a name', () => {
  it.each([
    ['凤　海燕', '凤海燕', 'space_inside_name'],
    ['袁淑芬   ', '袁淑芬', null],
    ['买买提•吐尔逊', '买买提·吐尔逊', null],
    ['买买提 ・ 吐尔逊', '买买提·吐尔逊', null],
    ['阿卜杜拉.测试江', '阿卜杜拉·测试江', null],
    ['郑𣲘', '郑𣲘', 'four_byte_character'],
    ['周㐂', '周㐂', 'four_byte_character'],
    ['John  Smith', 'John Smith', 'space_inside_name'],
    ['张三（3床）', '张三', null],
    ['郑?', '郑?', 'name_characters_lost'],
    ['张', '张', 'name_too_short'],
  ])('%j is %s', (text, value, warning) => {
    const name = readPersonName(text)
    expect(name).toMatchObject({ value, fault: null })
    expect(name.warnings).toEqual(warning ? [warning] : [])
  })

  it.each(['杨超之子', '张三之女', '李四之大女', '王五之子1', '赵六之婴'])('%s is a newborn', (text) => {
    expect(readPersonName(text).isNewborn).toBe(true)
  })

  it.each(['李毛毛', '王子', '陈婴宁', '周大宝', '孔令子'])('%s is nobody’s newborn', (text) => {
    expect(readPersonName(text).isNewborn).toBe(false)
  })

  it.each(['张三（已故）', '张三(死亡)', '张三 已故'])('%s says that the patient has died', (text) => {
    expect(readPersonName(text)).toMatchObject({ value: '张三', saysDead: true })
  })

  it('is missing where there is none', () => {
    expect(readPersonName('').fault).toBe('missing')
  })

  it.each(['19900000001', '=cmd|x', '张'.repeat(51), '42010019750918999X'])('%s is no name', (text) => {
    expect(readPersonName(text).fault).toBe('unreadable')
  })
})
