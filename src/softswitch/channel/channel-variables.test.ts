import { describe, expect, it } from 'vitest'
import { ChannelVariables, isTrue } from './channel-variables.ts'

const globals = new Map([['base_dir', '/srv']])

describe('channel variables', () => {
  it('keep the order in which they were set, and none that is empty', () => {
    const variables = new ChannelVariables(globals)
    variables.set('b', 1)
    variables.set('a', 'x')
    variables.set('b', 2)
    variables.set('a', '')
    variables.set('c', 'y')
    expect([...variables]).toEqual([
      ['b', '2'],
      ['c', 'y'],
    ])
  })

  it('are put into texts, those of the server too, an unknown one as nothing', () => {
    const variables = new ChannelVariables(globals)
    variables.set('name', 'x y')
    // biome-ignore lint/suspicious/noTemplateCurlyInString: FreeSWITCH's own way to name a variable
    expect(variables.expand('${base_dir}/$${base_dir}/${name}/${none}.$name')).toBe('/srv//srv/x y/.$name')
  })

  it.each(['true', 'TRUE', 'yes', 'on', '1', '-1', '2.5', 'enabled', 't'])('read %s as true', (text) => {
    expect(isTrue(text)).toBe(true)
  })

  it.each(['false', 'no', '0', '0.5', '', 'truely', undefined])('read %s as false', (text) => {
    expect(isTrue(text)).toBe(false)
  })
})
