import { describe, expect, it } from 'vitest'
import type { AnswerValue } from '#follow-up/questionnaire/questionnaire.ts'
import { AutoSaver } from './auto-saver.ts'

class Away extends Error {}

/** A server that takes each request when the test says so, and a clock that the test turns. */
function bench(answers: Record<string, AnswerValue> = {}) {
  const sent: { id: string; value: AnswerValue | null; settle: (error?: Error) => Promise<void> }[] = []
  const timers: { run: () => void; ms: number }[] = []
  const saver = new AutoSaver<AnswerValue>(answers, {
    write: (id, value) =>
      new Promise((resolve, reject) => {
        const settle = async (error?: Error) => {
          if (error === undefined) resolve()
          else reject(error)
          await new Promise((done) => setImmediate(done))
        }
        sent.push({ id, value, settle })
      }),
    mayPass: (error) => error instanceof Away,
    setTimeout: (run, ms) => timers.push({ run, ms }),
    clearTimeout: () => timers.splice(0),
  })
  const settle = async (index: number, error?: Error) => {
    await sent[index]?.settle(error)
  }
  const tick = () => {
    const due = timers.splice(0)
    for (const { run } of due) run()
    return due.map(({ ms }) => ms)
  }
  return { saver, sent, settle, tick, save: (id: string) => saver.state().saves[id]?.type }
}

describe('an answer that is given', () => {
  it('stands on the page at once, and is saved when the server has it', async () => {
    const { saver, settle, save } = bench()
    saver.give('nurses', 'satisfied')
    expect([saver.state().values, save('nurses'), saver.isDirty]).toEqual([{ nurses: 'satisfied' }, 'saving', true])
    await settle(0)
    expect([save('nurses'), saver.isDirty]).toEqual(['saved', false])
  })

  it('is sent after the one given before it', async () => {
    const { saver, sent, settle } = bench()
    saver.give('advice', 'no')
    saver.give('advice-clear', null)
    expect(sent.map(({ id }) => id)).toEqual(['advice'])
    await settle(0)
    expect(sent.map(({ id, value }) => [id, value])).toEqual([
      ['advice', 'no'],
      ['advice-clear', null],
    ])
  })

  it('replaces an earlier one of its question that has not been sent, and follows one that has', async () => {
    const { saver, sent, settle, save } = bench()
    saver.give('pain', 1)
    saver.give('pain', 2)
    saver.give('pain', 3)
    await settle(0)
    expect(save('pain')).toBe('saving')
    await settle(1)
    expect(sent.map(({ value }) => value)).toEqual([1, 3])
    expect(save('pain')).toBe('saved')
  })

  it('is sent again, later and later, while the server is not reached', async () => {
    const { saver, settle, tick, save } = bench()
    saver.give('nurses', 'satisfied')
    await settle(0, new Away())
    expect(save('nurses')).toBe('retrying')
    expect(tick()).toEqual([1_000])
    await settle(1, new Away())
    expect(tick()).toEqual([2_000])
    await settle(2)
    expect(save('nurses')).toBe('saved')
  })

  it('is sent at once when the connection is back', async () => {
    const { saver, sent, settle } = bench()
    saver.give('nurses', 'satisfied')
    await settle(0, new Away())
    saver.retry()
    expect(sent).toHaveLength(2)
  })

  it('stays on the page and says so when it is refused; the ones after it go on', async () => {
    const { saver, settle, save } = bench()
    saver.give('nurses', 'satisfied')
    saver.give('doctors', 'neutral')
    await settle(0, new Error('refused'))
    expect(save('nurses')).toBe('failed')
    expect(saver.state().values.nurses).toBe('satisfied')
    await settle(1)
    expect(save('doctors')).toBe('saved')
    expect(await saver.settled()).toBe(false)
  })

  it('is still sent when the page is left, with those that wait behind it, but not again and again', async () => {
    const { saver, sent, settle, tick } = bench()
    saver.give('nurses', 'satisfied')
    saver.give('doctors', 'neutral')
    saver.close()
    await settle(0)
    expect(sent.map(({ id }) => id)).toEqual(['nurses', 'doctors'])
    await settle(1, new Away())
    expect(tick()).toEqual([])
    expect(sent).toHaveLength(2)
  })

  it('is not overwritten by what the server still holds, until it has arrived', async () => {
    const { saver, settle } = bench({ nurses: 'neutral', ward: 'neutral' })
    saver.give('nurses', 'satisfied')
    saver.refresh({ nurses: 'neutral', ward: 'satisfied' })
    expect(saver.state().values).toEqual({ nurses: 'satisfied', ward: 'satisfied' })
    await settle(0)
    saver.refresh({ nurses: 'dissatisfied' })
    expect(saver.state().values).toEqual({ nurses: 'dissatisfied' })
  })
})
