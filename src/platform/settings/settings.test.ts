import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { readSettings } from './settings.ts'

test('an empty environment gives the trial on this machine', () => {
  expect(readSettings({ PORT: '' })).toEqual({
    port: 8080,
    sipPort: 0,
    bind: '127.0.0.1',
    dataDir: resolve('data'),
    now: null,
    key: null,
    database: null,
    demo: true,
    switches: null,
    tls: null,
    https: 'auto',
    proxies: null,
    sipWs: null,
    logLevel: 'info',
    logFile: resolve('data/log/suifang.log'),
  })
})

test('a real pair of servers is named by two variables and their secrets', () => {
  const settings = readSettings({
    DRACHTIO_HOST: '10.0.0.4',
    DRACHTIO_SECRET: 'd',
    FREESWITCH_HOSTS: '10.0.0.5, media.example:8022,[fd00::1]:8023',
    FREESWITCH_SECRET: 'f',
  })
  expect(settings.switches).toEqual({
    drachtio: { host: '10.0.0.4', port: 9022, secret: 'd' },
    freeswitch: [
      { host: '10.0.0.5', port: 8021, secret: 'f' },
      { host: 'media.example', port: 8022, secret: 'f' },
      { host: 'fd00::1', port: 8023, secret: 'f' },
    ],
  })
})

test('drachtio’s WebSocket is named by an address, HTTPS can be left to somebody else', () => {
  const settings = readSettings({ SUIFANG_SIP_WS: 'ws://10.0.0.4:5070', SUIFANG_HTTPS: 'no' })
  expect(settings).toMatchObject({ sipWs: { host: '10.0.0.4', port: 5070 }, https: 'no' })
  expect(readSettings({ SUIFANG_SIP_WS: 'ws://[fd00::1]:80/' }).sipWs).toEqual({ host: 'fd00::1', port: 80 })
})

test('an own database is used for both roles unless the owner is named', () => {
  const url = 'postgres://app@db/suifang'
  expect(readSettings({ DATABASE_URL: url }).database).toEqual({ url, ownerUrl: url })
  const ownerUrl = 'postgres://owner@db/suifang'
  expect(readSettings({ DATABASE_URL: url, DATABASE_OWNER_URL: ownerUrl }).database).toEqual({ url, ownerUrl })
})

test('an instant with its zone is read, one without is refused', () => {
  expect(readSettings({ SUIFANG_NOW: '2026-11-23T09:00:00+08:00' }).now).toEqual(new Date('2026-11-23T01:00:00Z'))
  expect(() => readSettings({ SUIFANG_NOW: '2026-11-23T09:00:00' })).toThrow(/SUIFANG_NOW/)
})

test.each([
  ['PORT', '80a'],
  ['SUIFANG_SIP_WS', 'wss://10.0.0.4:8443'],
  ['SUIFANG_SIP_WS', 'ws://10.0.0.4'],
  ['SUIFANG_SIP_WS', 'ws://user@10.0.0.4:5070'],
  ['SUIFANG_SIP_WS', 'ws://10.0.0.4:70000'],
  ['SUIFANG_HTTPS', 'yes'],
  ['SUIFANG_PROXIES', 'everybody'],
  ['PORT', '70000'],
  ['SUIFANG_KEY', 'short'],
  ['SUIFANG_NOW', 'tomorrow'],
  ['SUIFANG_FAILPOINT', 'nowhere'],
  ['DATABASE_URL', 'mysql://db'],
  ['LOG_LEVEL', 'loud'],
])('a wrong %s is refused by name: %s', (variable, value) => {
  expect(() => readSettings({ [variable]: value })).toThrow(
    expect.objectContaining({ code: 'SETTING_INVALID', params: expect.objectContaining({ variable }) }),
  )
})

test.each([
  [{ DRACHTIO_HOST: 'a' }, 'FREESWITCH_HOSTS'],
  [{ FREESWITCH_HOSTS: 'a' }, 'DRACHTIO_HOST'],
  [{ DRACHTIO_HOST: 'a', FREESWITCH_HOSTS: 'b' }, 'DRACHTIO_SECRET'],
  [{ DRACHTIO_HOST: 'a', FREESWITCH_HOSTS: 'b', DRACHTIO_SECRET: 's' }, 'FREESWITCH_SECRET'],
  [{ DATABASE_OWNER_URL: 'postgres://o' }, 'DATABASE_URL'],
  [{ TLS_CERT_FILE: 'a.pem' }, 'TLS_KEY_FILE'],
])('half of a pair is refused, naming the other half: %o', (environment, needs) => {
  expect(() => readSettings(environment)).toThrow(
    expect.objectContaining({ code: 'SETTING_INCOMPLETE', params: expect.objectContaining({ needs }) }),
  )
})

test('a message never repeats the value, which may be a secret', () => {
  expect(() => readSettings({ DATABASE_URL: 'mysql://root:hunter2@db' })).toThrow(/^(?!.*hunter2)/)
})
