import { describe, expect, it } from 'vitest'
import { DEFAULT_SETTINGS, readSettings } from './softswitch-settings.ts'

describe('softswitch settings', () => {
  it('are the defaults where nothing is said', () => {
    expect(readSettings('{}')).toEqual(DEFAULT_SETTINGS)
    expect(readSettings('{"drachtioPort":9022}')).toEqual({ ...DEFAULT_SETTINGS, drachtioPort: 9022 })
  })

  it.each([
    ['[]', 'one JSON object'],
    ['{"drachtioprot":1}', 'no setting "drachtioprot"'],
    ['{"drachtioPort":"1"}', '"drachtioPort" must be a whole number'],
    ['{"drachtioPort":1.5}', '"drachtioPort" must be a whole number'],
    ['{"drachtioPort":70000}', '"drachtioPort" must be a port'],
    ['{"bind":1}', '"bind" must be a text'],
    ['{"bind":"localhost"}', '"bind" must be a numeric address'],
    ['{"rtpPortFrom":10000}', 'must be a range'],
    ['{"rtpPortFrom":10000,"rtpPortTo":9000}', 'must be a range'],
    ['{"controlBind":"here"}', '"controlBind" must be a numeric address'],
    ['{"sipWsBind":"here"}', '"sipWsBind" must be a numeric address'],
    ['{"sipWsPort":65536}', '"sipWsPort" must be a port'],
    ['{"sipCertFile":"cert.pem"}', 'must be given together'],
    ['{"constructor":"x"}', 'no setting "constructor"'],
  ])('refuse %s and say why', (json, why) => {
    expect(() => readSettings(json)).toThrow(why)
  })
})
