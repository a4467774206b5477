import { EventEmitter } from 'node:events'
import { sql } from 'kysely'
import { afterAll, expect, test } from 'vitest'
import { listen, openListener } from '../../src/platform/database/listen.ts'
import { testDatabase } from '../harness/database.ts'
import { waitForEvent } from '../harness/wait-for.ts'

const database = await testDatabase()
afterAll(() => database.close())

async function notify(channel: string, payload: string): Promise<void> {
  await sql`select pg_notify(${channel}, ${payload})`.execute(database.db)
}

test('what is notified is heard, by the handlers of that channel only', async () => {
  const listener = await openListener({ url: database.url })
  const events = new EventEmitter()
  const heard: string[] = []
  await listener.listen('one', { onPayload: (payload) => void heard.push(`one ${payload}`) })
  await listener.listen('two', { onPayload: (payload) => events.emit('two', payload) })
  const told = waitForEvent<[string]>(events, 'two')
  await notify('one', 'a')
  await notify('two', 'b')
  expect(await told).toEqual(['b'])
  expect(heard).toEqual(['one a'])
  await listener.close()
})

test('a closed subscription hears nothing more, and the other of its channel goes on', async () => {
  const listener = await openListener({ url: database.url })
  const events = new EventEmitter()
  const heard: string[] = []
  const first = await listener.listen('shared', { onPayload: (payload) => void heard.push(payload) })
  await listener.listen('shared', { onPayload: (payload) => events.emit('heard', payload) })
  await first.close()
  const told = waitForEvent(events, 'heard')
  await notify('shared', 'x')
  await told
  expect(heard).toEqual([])
  await listener.close()
})

test('after a lost connection it listens again and asks for everything to be read', async () => {
  const events = new EventEmitter()
  const subscription = await listen(database.url, 'back', (payload) => events.emit('payload', payload), {
    onResync: () => events.emit('resync'),
  })
  const resynced = waitForEvent(events, 'resync')
  await sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'suifang listen'
    and datname = current_database()`.execute(database.db)
  await resynced
  const told = waitForEvent<[string]>(events, 'payload')
  await notify('back', 'again')
  expect(await told).toEqual(['again'])
  await subscription.close()
})

test('a handler that throws does not keep the others from hearing', async () => {
  const listener = await openListener({ url: database.url })
  const events = new EventEmitter()
  await listener.listen('rough', {
    onPayload: () => {
      throw new Error('mine')
    },
  })
  await listener.listen('rough', { onPayload: (payload) => events.emit('heard', payload) })
  const told = waitForEvent(events, 'heard')
  await notify('rough', 'x')
  expect(await told).toEqual(['x'])
  await listener.close()
})
