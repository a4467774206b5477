import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { calendarCommand, callingCommand } from '../../../src/follow-up/calling/calling-command.ts'
import { instantAt } from '../../../src/follow-up/calling/hospital-day.ts'
import { doNotCallCommand, numberUsableCommand } from '../../../src/follow-up/patients/number-command.ts'
import { frozenClock } from '../../../src/platform/clock.ts'
import { testFolder } from '../../harness/folder.ts'
import { monday, Office, secrets } from './office.ts'

let office: Office
beforeEach(async () => {
  office = await Office.open()
})
afterEach(() => office.close())

const parts = () => ({ db: office.db, secrets, clock: frozenClock(office.now) })
const at = (day: string, time: string) => office.at(instantAt(day, time))
const settingChanges = () =>
  office.db.selectFrom('auditRow').select('objectId').where('action', '=', 'setting.changed').execute()

describe('the hours of calls', () => {
  it('are told, and changed as far as they are named, with an audit row, at once', async () => {
    await office.programme({ campaignId: await office.campaign({ trunkId: office.realTrunkId }) })
    const { taskId, numberId } = await office.due()
    const before = await callingCommand(parts(), [])
    expect(before).toMatchObject({
      periods: [{ opens: '08:30', closes: '11:30' }, {}],
      capPerDay: 2,
      holidays: 'closed',
    })
    expect(await office.gate(taskId, numberId, at(monday, '12:30'))).toBe('outside_window')
    await callingCommand(parts(), ['--periods', '08:00-11:00,12:00-18:00', '--cap-day', '3', '--also', 'foreign'])
    expect(await callingCommand(parts(), [])).toEqual({
      ...before,
      periods: [
        { opens: '08:00', closes: '11:00' },
        { opens: '12:00', closes: '18:00' },
      ],
      capPerDay: 3,
      alsoDialled: ['foreign'],
    })
    expect(await office.gate(taskId, numberId, at(monday, '12:30'))).toBeNull()
    expect(await settingChanges()).toEqual([{ objectId: 'calling' }])
  })

  it.each([
    ['--periods', '18:00-08:00'],
    ['--periods', '8-12'],
    ['--periods', '08:00-12:00-14:00'],
    ['--cap-day', '6'],
    ['--cap-day', 'two'],
    ['--holidays', 'maybe'],
    ['--also', 'everything'],
    ['--cap-week', '1', 'CALLING_CAPS_CROSSED'],
  ])(
    'are refused where they make no sense, and nothing is changed: %s %s',
    async (name, value, code = 'CALLING_RULE_INVALID') => {
      const before = await callingCommand(parts(), [])
      await expect(callingCommand(parts(), [name, value])).rejects.toMatchObject({ code })
      expect(await callingCommand(parts(), [])).toEqual(before)
      expect(await settingChanges()).toEqual([])
    },
  )
})

it('a year of holidays is imported from a file, and nobody is called on them', async () => {
  const folder = await testFolder()
  const file = join(folder.path, '2027.json')
  const days = [{ name: '元旦', date: '2027-01-01', isOffDay: true }]
  await writeFile(file, JSON.stringify({ year: 2027, papers: ['notice'], days }))
  await office.programme({ campaignId: await office.campaign({ trunkId: office.realTrunkId }) })
  const { taskId, numberId } = await office.due()
  await office.db
    .updateTable('task')
    .set({ expiresAt: new Date('2027-02-01T00:00:00Z') })
    .where('id', '=', taskId)
    .execute()
  expect(await office.gate(taskId, numberId, at('2027-01-01', '10:00'))).toBeNull()
  const december = { ...parts(), db: at('2026-12-10', '10:00') }
  expect((await calendarCommand(december, [])).missing).toContain(2027)
  expect(await calendarCommand(december, ['--import', file])).toMatchObject({ years: expect.arrayContaining([2027]) })
  expect((await calendarCommand(december, [])).missing).not.toContain(2027)
  expect(await office.gate(taskId, numberId, at('2027-01-01', '10:00'))).toBe('holiday')
  await expect(calendarCommand(december, ['--import', join(folder.path, 'none.json')])).rejects.toMatchObject({
    code: 'CALENDAR_UNREADABLE',
  })
  await folder.close()
})

describe('the do-not-call list', () => {
  const number = '13944440011'

  it('takes a number at once, shows it by its last digits, and gives it back', async () => {
    await office.programme()
    const { taskId } = await office.due({ numbers: [`+86${number}`] })
    const [entry] = await doNotCallCommand(parts(), ['--add', '--number', '139 4444 0011', '--reason', '来电要求'])
    expect(entry).toMatchObject({ last4: '0011', source: 'supervisor', reason: '来电要求', until: null })
    expect((await office.task(taskId)).hold).toBe('do_not_call')
    expect(await doNotCallCommand(parts(), ['--number', number])).toEqual([entry])
    await doNotCallCommand(parts(), ['--lift', entry?.id ?? ''])
    expect((await office.task(taskId)).hold).toBeNull()
    expect(await doNotCallCommand(parts(), [])).toEqual([])
    await expect(doNotCallCommand(parts(), ['--lift', entry?.id ?? ''])).rejects.toMatchObject({
      code: 'DO_NOT_CALL_UNKNOWN',
    })
  })

  it('keeps a number that no list has brought yet, to the end of the day that is named', async () => {
    const [entry] = await doNotCallCommand(parts(), ['--add', '--number', number, '--until', '2026-12-31'])
    expect(entry?.until).toBe('2026-12-31T16:00:00.000Z')
    await office.programme()
    const { taskId } = await office.due({ numbers: [`+86${number}`] })
    expect((await office.task(taskId)).hold).toBe('do_not_call')
  })

  it.each([
    [['--add', '--number', 'nobody'], 'NUMBER_UNREADABLE'],
    [['--add', '--number', '13944440011 13944440012'], 'NUMBER_UNREADABLE'],
    [['--add', '--number', number, '--until', '2026-02-30'], 'DAY_UNREADABLE'],
    [['--add', '--number', number, '--until', '2026-99-99'], 'DAY_UNREADABLE'],
    [['--add', '--number', number, '--until', '2020-12-31'], 'DAY_OVER'],
    [['--lift', 'x'], 'DO_NOT_CALL_UNKNOWN'],
  ])('refuses what it cannot read: %s', async (argv, code) => {
    await expect(doNotCallCommand(parts(), argv)).rejects.toMatchObject({ code })
  })
})

it('numbers that a trunk set up wrongly has called invalid are dialled again, with the tasks that failed by it', async () => {
  await office.programme()
  const only = await office.due({ numbers: ['+8613944440021'] })
  const waiting = await office.due({ numbers: ['+8613944440021'] })
  const other = await office.due({ numbers: ['+8613944440022'] })
  await office.fail(await office.claimOne(only.taskId), 'invalid_number')
  await office.fail(await office.claimOne(other.taskId), 'busy')
  expect(await office.task(only.taskId)).toMatchObject({ state: 'failed', reason: 'invalid_number' })
  expect((await office.task(waiting.taskId)).hold).toBe('no_number')
  expect(await numberUsableCommand(parts(), ['--flagged-since', '2026-11-24'])).toEqual({ numbers: 0, reopened: 0 })
  await expect(numberUsableCommand(parts(), ['--flagged-since', '2026-99-99'])).rejects.toMatchObject({
    code: 'DAY_UNREADABLE',
  })
  expect(await numberUsableCommand(parts(), ['--flagged-since', monday])).toEqual({ numbers: 1, reopened: 1 })
  const [numberId] = only.numberIds
  expect(await office.task(only.taskId)).toMatchObject({
    state: 'scheduled',
    reason: null,
    phoneNumberId: numberId,
    hold: null,
  })
  expect(await office.task(waiting.taskId)).toMatchObject({ phoneNumberId: numberId, hold: null })
  expect((await office.task(other.taskId)).state).toBe('retry_wait')
})
