import { expect, test } from 'vitest'
import { OperationalError, UserError } from './errors/errors.ts'
import { createLog, logError } from './log.ts'

function capture() {
  const lines: Record<string, unknown>[] = []
  const log = createLog({ level: 'debug', destination: { write: (line) => void lines.push(JSON.parse(line)) } })
  return { log, lines }
}

test('personal fields are masked and their names stay', () => {
  const { log, lines } = capture()
  log.info({ pii: { phone: '13800138000', name: '张三' }, at: 3 }, 'dialling')
  expect(lines[0]).toMatchObject({ pii: { phone: '[masked]', name: '[masked]' }, at: 3, msg: 'dialling' })
})

test('personal fields are masked at any depth, in lists, in flat keys and in bindings', () => {
  const { log, lines } = capture()
  log
    .child({ attemptId: 'a', pii: { phone: '13800138000' } })
    .info({ row: { cells: [{ pii: '13800138000' }], 'pii.name': '张三' } }, 'x')
  expect(lines[0]).toMatchObject({ attemptId: 'a', row: { cells: [{ pii: '[masked]' }] } })
  expect(JSON.stringify(lines)).not.toMatch(/13800138000|张三/)
})

test('values deeper than logs are looked into are masked when something personal may hide there', () => {
  const { log, lines } = capture()
  log.info({ a: { b: { c: { d: { e: { f: { g: { h: { pii: '13800138000' } } } } } } } } }, 'x')
  expect(JSON.stringify(lines)).not.toContain('13800138000')
})

test('attempt and call id of a child stand on every line', () => {
  const { log, lines } = capture()
  const call = log.child({ attemptId: 'a-1', callId: 'c-1' })
  call.info('one')
  call.warn('two')
  expect(lines.map(({ attemptId, callId }) => [attemptId, callId])).toEqual([
    ['a-1', 'c-1'],
    ['a-1', 'c-1'],
  ])
})

test('the level of an error follows from its kind', () => {
  const { log, lines } = capture()
  logError(log, new UserError('X'), 'm')
  logError(log, new OperationalError('X'), 'm')
  logError(log, new Error('x'), 'm')
  expect(lines.map(({ level }) => level)).toEqual(['info', 'warn', 'error'])
})

test('an error of the database does not carry the row that was refused', () => {
  const { log, lines } = capture()
  const refused = Object.assign(new Error('duplicate key'), { code: '23505', detail: 'Key (phone)=(13800138000)' })
  logError(log, new OperationalError('X', { limit: 3 }, { cause: refused }), 'm')
  expect(lines[0]).toMatchObject({ err: { code: 'X', kind: 'operational', params: { limit: 3 } } })
  expect(JSON.stringify(lines)).not.toContain('13800138000')
})
