import { EventEmitter } from 'node:events'
import { sql } from 'kysely'
import Type from 'typebox'
import { afterAll, expect, test } from 'vitest'
import { openListener } from '../../src/platform/database/listen.ts'
import { silentLog } from '../../src/platform/log.ts'
import { changeSetting, defineSetting, openHospitalSettings } from '../../src/platform/settings/hospital-settings.ts'
import { testDatabase } from '../harness/database.ts'
import { waitForEvent } from '../harness/wait-for.ts'

const database = await testDatabase()
const listener = await openListener({ url: database.url })
const settings = await openHospitalSettings({ db: database.db, listener, log: silentLog })
afterAll(async () => {
  await settings.close()
  await listener.close()
  await database.close()
})

const limit = defineSetting('test.limit', Type.Integer({ minimum: 1 }), 3)
const change = (value: number) => database.db.transaction().execute((tx) => changeSetting(tx, limit, value, null))

test('a setting nobody has changed has its default', () => {
  expect(settings.get(defineSetting('test.untouched', Type.String(), 'as shipped'))).toBe('as shipped')
})

test('a change is heard, and every version stays', async () => {
  const events = new EventEmitter()
  const stop = settings.onChange(limit, () => events.emit('changed'))
  const heard = waitForEvent(events, 'changed')
  const version = await change(5)
  await heard
  expect(settings.get(limit)).toBe(5)
  const heardAgain = waitForEvent(events, 'changed')
  expect(await change(6)).toBe(version + 1)
  await heardAgain
  expect(settings.get(limit)).toBe(6)
  const rows = await database.db.selectFrom('setting').where('key', '=', limit.key).select('value').execute()
  expect(rows.map(({ value }) => value)).toEqual([5, 6])
  stop()
})

test('writers at the same moment get one version each', async () => {
  const key = defineSetting('test.race', Type.Integer(), 0)
  const versions = await Promise.all(
    [1, 2, 3, 4].map((value) => database.db.transaction().execute((tx) => changeSetting(tx, key, value, null))),
  )
  expect([...versions].sort()).toEqual([1, 2, 3, 4])
})

test('a value that does not fit is refused and not written', async () => {
  await expect(change(0)).rejects.toMatchObject({ code: 'HOSPITAL_SETTING_INVALID', params: { key: limit.key } })
})

test('a stored value of another release that does not fit gives the default', async () => {
  const text = defineSetting('test.reshaped', Type.String(), 'as shipped')
  const events = new EventEmitter()
  settings.onChange(text, () => events.emit('changed'))
  const heard = waitForEvent(events, 'changed')
  await sql`insert into setting (key, version, value) values (${text.key}, 1, '{"old": "shape"}')`.execute(database.db)
  await heard
  expect(settings.get(text)).toBe('as shipped')
})

test('a version is never changed or taken back, by the application', async () => {
  await expect(sql`update setting set value = '1'`.execute(database.db)).rejects.toMatchObject({ code: '42501' })
  await expect(sql`delete from setting`.execute(database.db)).rejects.toMatchObject({ code: '42501' })
})
