import { expect, test } from 'vitest'
import { defaultCarrierSettings, readCarrierSettings } from './carrier-settings.ts'

test('nothing said is the default, on loopback', () => {
  expect(readCarrierSettings('{}')).toEqual(defaultCarrierSettings)
  expect(defaultCarrierSettings.bind).toBe('127.0.0.1')
})

test('what is said counts', () => {
  expect(readCarrierSettings('{"lines":3,"speed":2.5,"everyone":"busy"}')).toMatchObject({
    lines: 3,
    speed: 2.5,
    everyone: 'busy',
  })
})

test.each([
  ['{"line":3}', 'there is no setting "line"'],
  ['{"lines":-1}', '"lines"'],
  ['{"lines":"3"}', '"lines"'],
  ['{"sipPort":70000}', '"sipPort"'],
  ['{"bind":"localhost"}', '"bind"'],
  ['{"speed":0}', '"speed"'],
  ['{"everyone":"nobody"}', '"everyone"'],
  ['[]', 'one JSON object'],
  ['not json', 'JSON'],
])('%s is refused by name', (json, message) => {
  expect(() => readCarrierSettings(json)).toThrow(message)
})
