import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { openTicket, type RecordingTicket, sealTicket } from './recording-ticket.ts'

const key = randomBytes(32)
const ticket: RecordingTicket = {
  recordingId: 'r',
  sessionId: 's',
  purpose: 'play',
  expiresAt: 1_000,
  file: '1-2-3',
}

describe('a ticket', () => {
  it('says when opened what it was sealed with', () => {
    expect(openTicket(sealTicket(ticket, key), key)).toEqual(ticket)
  })

  it('sealed with another key is none', () => {
    expect(openTicket(sealTicket(ticket, randomBytes(32)), key)).toBeNull()
  })

  it('is none when its content has been changed', () => {
    const [, mark] = sealTicket(ticket, key).split('.')
    const forged = Buffer.from(JSON.stringify({ ...ticket, purpose: 'download' })).toString('base64url')
    expect(openTicket(`${forged}.${mark}`, key)).toBeNull()
  })

  it.each(['', '.', 'x', 'x.y', '.y', `${'a'.repeat(5_000)}.b`])('is none when it is %j', (text) => {
    expect(openTicket(text, key)).toBeNull()
  })
})
