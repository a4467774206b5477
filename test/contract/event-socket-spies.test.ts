/** `eavesdrop all`: alone in its file, since it listens in on whoever is there. */
import { expect, test } from 'vitest'
import { expectToHear } from './desk-phone.ts'
import { openDesk } from './wire/desk-tests.ts'

const at = openDesk()
const tones = [400, 700, 1000]

test('who listens in on all hears one after the other, until it is gone itself', async () => {
  const [a, b, spy] = await Promise.all([400, 700, 1000].map((hum) => at.desk.call({ hum })))
  if (a === undefined || b === undefined || spy === undefined) return expect.unreachable()
  const hears = (tone: number) => expectToHear(spy.phone.rtp, [tone], tones)
  // The real server finds channels in its list, which is behind by up to half a second.
  const listed = async (): Promise<boolean> => {
    const list = await spy.watch.api('show channels')
    return [a, b].every(({ uuid }) => list.includes(uuid))
  }
  while (!(await listed())) await spy.watch.api('msleep 50')
  spy.mark()
  const spying = await spy.start('eavesdrop', 'all')
  const first = await Promise.any([hears(400).then(() => 400), hears(700).then(() => 700)])
  spy.phone.rtp.press('*', 1600)
  await spy.event('DTMF', { 'DTMF-Digit': '*' })
  await hears(first === 400 ? 700 : 400)
  expect(await spy.api('uuid_break', 'all')).toBe('+OK\n')
  // The one that is heard goes: the other is next.
  await (first === 400 ? b : a).end()
  await hears(first)
  expect(spy.story()).toEqual(['EXECUTE eavesdrop', 'DTMF *'])
  await spy.api('uuid_kill')
  await spy.completed(spying)
  await spy.over()
  await Promise.all([a.end(), b.end(), spy.end()])
})
