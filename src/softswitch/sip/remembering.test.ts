import { expect, it } from 'vitest'
import { remembering } from './remembering.ts'

function counted(): { read: (text: string) => { text: string } | undefined; times: () => number } {
  let times = 0
  const read = remembering((text) => {
    times += 1
    return text.startsWith('!') ? undefined : { text }
  })
  return { read, times: () => times }
}

it('reads a text that comes again once', () => {
  const { read, times } = counted()
  const first = read('sip:a@b')
  expect([read('sip:a@b') === first, first?.text, times()]).toEqual([true, 'sip:a@b', 1])
})

it('remembers neither what cannot be read nor what is long', () => {
  const { read, times } = counted()
  const long = 'x'.repeat(301)
  for (const text of ['!', '!', long, long]) read(text)
  expect(times()).toBe(4)
})

it('forgets what has not come for a thousand others, and keeps what comes all the time', () => {
  const { read, times } = counted()
  const kept = read('kept')
  for (let i = 0; i < 1_500; i += 1) {
    read(`other ${i}`)
    if (i % 400 === 0) read('kept')
  }
  expect([read('kept') === kept, times()]).toEqual([true, 1_501])
  read('other 0')
  expect(times()).toBe(1_502)
})
