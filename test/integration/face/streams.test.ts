import { afterAll, describe, expect, it } from 'vitest'
import { openListener } from '../../../src/platform/database/listen.ts'
import { silentLog } from '../../../src/platform/log.ts'
import { streamRetention } from '../../../src/platform/realtime/stream-retention.ts'
import {
  appendToStream,
  appendToStreams,
  dropStreamEvents,
  lastOffset,
  readStream,
  readStreams,
  streamChannel,
} from '../../../src/platform/realtime/stream-store.ts'
import { testDatabase } from '../../harness/database.ts'

const database = await testDatabase({ maxConnections: 8 })
const { db } = database
afterAll(() => database.close())

const write = (stream: string, ...types: string[]) =>
  db.transaction().execute((tx) =>
    appendToStream(
      tx,
      stream,
      types.map((type) => ({ type, payload: { type } })),
    ),
  )

describe('stream', () => {
  it('gives offsets without holes, in the order of commits, however many write at once', async () => {
    const stream = 'busy'
    const seen: number[] = []
    let last = 0
    let writing = true
    // A reader that keeps reading while they write: what it once saw as the end must stay complete.
    const reader = (async () => {
      while (writing) {
        for (const { offset } of (await readStream(db, stream, last, 50)).events) {
          seen.push(offset)
          last = offset
        }
      }
    })()
    await Promise.all(
      Array.from({ length: 6 }, async (_, writer) => {
        for (let round = 0; round < 15; round += 1) await write(stream, `${writer}-${round}`, `${writer}-${round}b`)
      }),
    )
    writing = false
    await reader
    const rest = await readStream(db, stream, last, 500)
    const all = [...seen, ...rest.events.map(({ offset }) => offset)]
    expect(all).toEqual(Array.from({ length: 180 }, (_, index) => index + 1))
  })

  it('keeps the events of one transaction together and in order', async () => {
    await Promise.all([write('pair', 'a1', 'a2', 'a3'), write('pair', 'b1', 'b2', 'b3')])
    const types = (await readStream(db, 'pair', 0, 10)).events.map(({ type }) => type).join(' ')
    expect(['a1 a2 a3 b1 b2 b3', 'b1 b2 b3 a1 a2 a3']).toContain(types)
  })

  it('is written beside others in one statement, and read beside others in one look', async () => {
    await write('left', 'before')
    const event = (type: string) => ({ type, payload: {} })
    await db.transaction().execute((tx) =>
      appendToStreams(tx, [
        ['left', [event('l1'), event('l2')]],
        ['empty', []],
        ['right', [event('r1')]],
      ]),
    )
    const places = [
      { stream: 'right', after: 0 },
      { stream: 'unknown', after: 0 },
      { stream: 'left', after: 1 },
      { stream: 'right', after: 7 },
    ]
    const pages = await readStreams(db, places, 2)
    expect(pages.map(({ events }) => events.map(({ offset, type }) => `${offset} ${type}`))).toEqual([
      ['1 r1'],
      [],
      ['2 l1', '3 l2'],
      [],
    ])
    expect(pages.map(({ gap, more }) => ({ gap, more }))).toEqual([
      { gap: false, more: false },
      { gap: false, more: false },
      { gap: false, more: true },
      { gap: true, more: false },
    ])
  })

  it('shows nothing of a transaction that was rolled back, and leaves no hole', async () => {
    await write('undone', 'first')
    await db
      .transaction()
      .execute(async (tx) => {
        await appendToStream(tx, 'undone', [{ type: 'lost', payload: {} }])
        throw new Error('rolled back')
      })
      .catch(() => undefined)
    await write('undone', 'second')
    const { events } = await readStream(db, 'undone', 0, 10)
    expect(events.map(({ offset, type }) => [offset, type])).toEqual([
      [1, 'first'],
      [2, 'second'],
    ])
  })

  it('is read on from any offset, as far as the limit', async () => {
    await write('long', ...'abcdefgh')
    const { events, gap } = await readStream(db, 'long', 3, 2)
    expect(gap).toBe(false)
    expect(events.map(({ offset, type, payload }) => [offset, type, payload])).toEqual([
      [4, 'd', { type: 'd' }],
      [5, 'e', { type: 'e' }],
    ])
    expect((await readStream(db, 'long', 8, 10)).events).toEqual([])
  })

  it('tells listeners its id only, after commit', async () => {
    const listener = await openListener({ url: database.url })
    const heard = Promise.withResolvers<string>()
    await listener.listen(streamChannel, { onPayload: heard.resolve })
    await write('heard', 'secret')
    expect(await heard.promise).toBe('heard')
    await listener.close()
  })

  it('tells a reader from before what was dropped of the gap, and not one who was past it', async () => {
    await write('old', 'a', 'b', 'c')
    const dropped = await db.transaction().execute((tx) => dropStreamEvents(tx, 'old', new Date(Date.now() + 60_000)))
    await write('old', 'd')
    expect(dropped).toBe(3)
    expect((await readStream(db, 'old', 1, 10)).gap).toBe(true)
    expect(await readStream(db, 'old', 3, 10)).toMatchObject({ gap: false, events: [{ offset: 4, type: 'd' }] })
    expect(await lastOffset(db, 'old')).toBe(4)
  })

  it('keeps a day, and drops the rest by the hour', async () => {
    await write('day', 'a', 'b')
    const { job } = streamRetention(db)
    const context = { log: silentLog, signal: new AbortController().signal }
    const fireIn = (hours: number) => ({ fireAt: new Date(Date.now() + hours * 3_600_000).toISOString() })
    await job.run(fireIn(23), context)
    expect((await readStream(db, 'day', 0, 10)).events).toHaveLength(2)
    await job.run(fireIn(25), context)
    expect((await readStream(db, 'day', 0, 10)).gap).toBe(true)
  })

  it('sends a reader from another database back to the snapshot', async () => {
    await write('other', 'a')
    expect((await readStream(db, 'other', 7, 10)).gap).toBe(true)
    expect((await readStream(db, 'never-written', 7, 10)).gap).toBe(true)
    expect((await readStream(db, 'never-written', 0, 10)).gap).toBe(false)
  })
})
