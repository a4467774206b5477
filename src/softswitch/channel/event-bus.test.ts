import { expect, it } from 'vitest'
import { EventBus, type EventListener } from './event-bus.ts'

function listener(): EventListener & { readonly heard: string[]; asked: number } {
  const made = {
    heard: [] as string[],
    asked: 0,
    wants: () => {
      made.asked += 1
      return true
    },
    deliver: (event: { get(name: string): string | undefined }) => void made.heard.push(event.get('Unique-ID') ?? ''),
  }
  return made
}

function newBus(): EventBus {
  return new EventBus({ coreUuid: 'core', hostname: 'host', address: '127.0.0.1' })
}

function fireOf(bus: EventBus, uuid: string): void {
  bus.fire('DTMF', (event) => event.add('Unique-ID', uuid), { channel: uuid })
}

it('offers an event of a channel to those who listen to all, and to those who listen to that one alone', () => {
  const bus = newBus()
  const [all, one, other] = [listener(), listener(), listener()]
  bus.listen(all)
  bus.listen(one, 'one')
  bus.listen(other, 'other')
  fireOf(bus, 'one')
  expect([all.heard, one.heard, other.heard, other.asked]).toEqual([['one'], ['one'], [], 0])
})

it('offers what is not said to be of one channel to everybody', () => {
  const bus = newBus()
  const narrow = listener()
  bus.listen(narrow, 'one')
  bus.fire('HEARTBEAT', () => {})
  expect(narrow.heard).toEqual([''])
})

it('listens otherwise from the moment it is said, and no more when it has left', () => {
  const bus = newBus()
  const one = listener()
  bus.listen(one)
  bus.listen(one, 'b')
  fireOf(bus, 'a')
  bus.listen(one)
  fireOf(bus, 'c')
  bus.listen(one, 'd')
  bus.unlisten(one)
  fireOf(bus, 'd')
  expect(one.heard).toEqual(['c'])
})
