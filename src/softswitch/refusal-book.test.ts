import { describe, expect, it } from 'vitest'
import { RefusalBook } from './refusal-book.ts'

function bookAt() {
  const told: Readonly<Record<string, unknown>>[] = []
  const time = { now: 0 }
  return {
    told,
    time,
    book: new RefusalBook(
      (details) => told.push(details),
      () => time.now,
    ),
  }
}

describe('refusals', () => {
  it('are all counted, and a burst is told once', () => {
    const { book, told } = bookAt()
    for (let i = 0; i < 1_000; i++) book.note('sip_flood', '192.0.2.7')
    expect(book.counts.sip_flood).toBe(1_000)
    expect(told).toEqual([{ kind: 'sip_flood', address: '192.0.2.7', untold: 0, since_start: 1 }])
  })

  it('that go on are told once a minute, with how many there were', () => {
    const { book, told, time } = bookAt()
    book.note('rtp_stranger', '192.0.2.7', 50)
    time.now = 30_000
    book.note('rtp_stranger', '192.0.2.7', 50)
    time.now = 60_000
    book.note('rtp_stranger', '192.0.2.7', 50)
    expect(told.map(({ untold }) => untold)).toEqual([0, 99])
  })

  it('of many addresses, which a sender may make up, are told together', () => {
    const { book, told, time } = bookAt()
    for (let i = 0; i < 500; i++) book.note('sip_unreadable', `192.0.2.${i}`)
    expect(told).toHaveLength(11)
    expect(told.at(-1)).toMatchObject({ address: 'others' })
    time.now = 200_000
    book.note('sip_unreadable', '198.51.100.1')
    expect(told.at(-1)).toMatchObject({ address: '198.51.100.1' })
  })

  it('of one kind do not hide those of another', () => {
    const { book, told } = bookAt()
    book.note('media_peer', '192.0.2.7')
    book.note('event_socket_secret', '192.0.2.7')
    expect(told.map(({ kind }) => kind)).toEqual(['media_peer', 'event_socket_secret'])
  })
})
