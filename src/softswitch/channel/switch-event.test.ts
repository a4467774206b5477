import { describe, expect, it } from 'vitest'
import { EventBus } from './event-bus.ts'
import { encodeValue, eventNameOf, SwitchEvent } from './switch-event.ts'

function event(): SwitchEvent {
  const made = new SwitchEvent('CUSTOM', 'a::b')
  made.add('Event-Name', 'CUSTOM')
  made.add('Number', 5)
  made.add('Nothing', null)
  made.add('Text', 'a b: 100%\n中')
  return made
}

describe('event in its forms', () => {
  it('has its values encoded in plain text and ends in an empty line', () => {
    expect(event().toPlain()).toBe('Event-Name: CUSTOM\nNumber: 5\nText: a%20b%3A%20100%25%0A%E4%B8%AD\n\n')
  })

  it('has its body behind the empty line, with its length in bytes', () => {
    const withBody = event()
    withBody.body = '中'
    expect(withBody.toPlain().endsWith('Content-Length: 3\n\n中')).toBe(true)
    expect(JSON.parse(withBody.toJson())).toMatchObject({ 'Content-Length': '3', _body: '中' })
    expect(withBody.toXml()).toContain('<Content-Length>3</Content-Length>\n  <body>中</body>')
  })

  it('has its values as they are in JSON and in brackets', () => {
    expect(JSON.parse(event().toJson())).toEqual({ 'Event-Name': 'CUSTOM', Number: '5', Text: 'a b: 100%\n中' })
    expect(event().toBracketed()).toContain('Number: [5]\n')
  })

  it('gives a header whatever the case of its name', () => {
    expect(event().get('event-name')).toBe('CUSTOM')
    expect(event().get('nothing')).toBeUndefined()
  })
})

describe('encoding of values', () => {
  it('can be undone by a reader that decodes URLs, for any text', () => {
    const text = 'x=1;y="2" \\ [z] {#} ^`| <a> @ & + ? 😀\r\n\u0001'
    expect(decodeURIComponent(encodeValue(text))).toBe(text)
  })

  it('leaves an escape that is there already alone, as the real server does', () => {
    expect(encodeValue('a%20b%zz')).toBe('a%20b%25zz')
  })
})

describe('event names', () => {
  it.each([
    ['DTMF', 'DTMF'],
    ['dtmf', 'DTMF'],
    ['SWITCH_EVENT_PLAYBACK_START', 'PLAYBACK_START'],
    ['all', 'ALL'],
    ['conference::maintenance', null],
    ['', null],
  ])('knows %s as %s', (word, name) => {
    expect(eventNameOf(word)).toBe(name)
  })
})

describe('event bus', () => {
  it('makes an event once, for those who want it, and numbers all', () => {
    const bus = new EventBus({ coreUuid: 'core', hostname: 'host', address: '127.0.0.1' })
    const told: SwitchEvent[] = []
    let made = 0
    bus.fire('DTMF', () => {
      made += 1
    })
    expect(made).toBe(0)
    for (const listens of [true, true, false]) {
      bus.listen({ wants: (name) => listens && name === 'DTMF', deliver: (event) => told.push(event) })
    }
    bus.fire('DTMF', (event) => {
      made += 1
      event.add('DTMF-Digit', '5')
    })
    expect(made).toBe(1)
    expect(told).toHaveLength(2)
    expect(told[0]).toBe(told[1])
    expect(told[0]?.get('Event-Sequence')).toBe('2')
    expect(told[0]?.get('Core-UUID')).toBe('core')
  })
})
