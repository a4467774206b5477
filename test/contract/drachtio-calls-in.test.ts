/** Calls that come in through drachtio’s port: told, answered, refused, called off, repeated, ended. */
import { describe, expect, test } from 'vitest'
import { openDrachtioDesk } from './wire/drachtio-desk.ts'
import { anSdp } from './wire/sip-peer.ts'
import { answerTo, tagOf } from './wire/sip-text.ts'

const at = openDrachtioDesk(['invite'])

describe('a call that comes in', () => {
  test('has 100 before the application has said a word, and its dialog with the first answer', async () => {
    const dialog = at.peer.dial()
    dialog.send('INVITE', { body: anSdp })
    await at.peer.answered(100)
    const told = await at.client.requested('INVITE')
    expect(told.dialogId).toBe('')
    const ringing = await at.client.respond(told, answerTo(told.message, 180, 'Ringing'))
    expect(ringing.dialogId).not.toBe('')
    const ring = await at.peer.answered(180)
    const answered = await at.client.respond(told, answerTo(told.message, 200, 'OK', { body: anSdp }))
    expect(answered.dialogId).toBe(ringing.dialogId)
    const ok = dialog.learn(await at.peer.answered(200))
    expect(tagOf(ok.get('To'))).toBe(tagOf(ring.get('To')))
    expect(ok.get('Contact')).toMatch(/^<sip:127\.0\.0\.1:\d+/)
    expect(ok.get('Content-Type')).toBe('application/sdp')
    dialog.send('ACK')
    expect((await at.client.requested('ACK')).dialogId).toBe(answered.dialogId)
    await at.hangUp(answered.dialogId)
  })

  test('that comes again before it is answered is not told twice', async () => {
    const dialog = at.peer.dial()
    const text = dialog.send('INVITE', { body: anSdp })
    const told = await at.client.requested('INVITE')
    at.peer.send(text)
    await at.peer.answered(100)
    await at.client.ask('ping')
    expect(at.client.frames).toEqual([])
    await at.client.respond(told, answerTo(told.message, 480, 'Temporarily Unavailable'))
    await at.peer.answered(480)
    dialog.send('ACK')
  })

  test('is answered again and again until its ACK comes', async () => {
    const dialog = at.peer.dial()
    dialog.send('INVITE', { body: anSdp })
    const { sent } = await at.answerNext('INVITE', 200, 'OK', anSdp)
    const ok = dialog.learn(await at.peer.answered(200))
    expect((await at.peer.answered(200)).text).toBe(ok.text)
    dialog.send('ACK')
    await at.client.requested('ACK')
    await at.hangUp(sent.dialogId)
  })

  test('that is called off before it has rung is told under the INVITE’s number, without a dialog', async () => {
    const dialog = at.peer.dial()
    dialog.send('INVITE', { body: anSdp })
    const told = await at.client.requested('INVITE')
    await at.peer.answered(100)
    dialog.send('CANCEL')
    const cancel = await at.client.requested('CANCEL')
    expect([cancel.transactionId, cancel.dialogId]).toEqual([told.transactionId, ''])
    await at.peer.answered(200, 'CANCEL')
    await at.peer.answered(487, 'INVITE')
    dialog.send('ACK')
    const late = await at.client.respond(told, answerTo(told.message, 200, 'OK', { body: anSdp }))
    expect([late.verdict, late.reason]).toEqual(['NOK', 'Response not sent due to unknown transaction'])
  })

  test('that is called off while it rings is told with its dialog', async () => {
    const dialog = at.peer.dial()
    dialog.send('INVITE', { body: anSdp })
    const { told, sent } = await at.answerNext('INVITE', 180, 'Ringing')
    await at.peer.answered(180)
    dialog.send('CANCEL')
    const cancel = await at.client.requested('CANCEL')
    expect([cancel.transactionId, cancel.dialogId]).toEqual([told.transactionId, sent.dialogId])
    await at.peer.answered(200, 'CANCEL')
    await at.peer.answered(487, 'INVITE')
    dialog.send('ACK')
  })

  test('is refused in the application’s words', async () => {
    const dialog = at.peer.dial()
    dialog.send('INVITE', { body: anSdp })
    const told = await at.client.requested('INVITE')
    await at.client.respond(told, answerTo(told.message, 603, 'Not today', { headers: ['Retry-After: 60'] }))
    const refused = await at.peer.answered(603)
    expect([refused.startLine, refused.get('Retry-After')]).toEqual(['SIP/2.0 603 Not today', '60'])
    dialog.send('ACK')
  })

  test('has the route that it came by in its answer and in what the application sends', async () => {
    const route = `<sip:127.0.0.1:${at.peer.port};lr>`
    const { dialogId, ok } = await at.taken([`Record-Route: ${route}`])
    expect(ok.get('Record-Route')).toBe(route)
    await at.inside('INFO', dialogId)
    const info = await at.peer.requested('INFO')
    expect(info.get('Route')).toBe(route)
    at.peer.answer(info, 200, 'OK')
    await at.hangUp(dialogId)
  })

  test('keeps the header names and values that the caller chose', async () => {
    const dialog = at.peer.dial()
    dialog.send('INVITE', { body: anSdp, headers: ['X-Ward: 3', 'X-Ward: 4', 'Subject: dark green'] })
    const { told } = await at.answerNext('INVITE', 486, 'Busy Here')
    expect([told.message.all('X-Ward'), told.message.get('Subject')]).toEqual([['3', '4'], 'dark green'])
    await at.peer.answered(486)
    dialog.send('ACK')
  })

  test('is ended by the application, whose BYE says why', async () => {
    const { dialogId } = await at.taken()
    await at.inside('BYE', dialogId, ['Reason: Q.850;cause=16'])
    const bye = await at.peer.requested('BYE')
    expect([bye.startLine, bye.get('Reason')]).toEqual([`BYE ${at.peer.contact} SIP/2.0`, 'Q.850;cause=16'])
    at.peer.answer(bye, 200, 'OK')
    await at.client.answered(200, 'BYE')
  })

  test('is ended by the caller', async () => {
    const { dialog, dialogId } = await at.taken()
    dialog.send('BYE')
    const { told } = await at.answerNext('BYE', 200, 'OK')
    expect(told.dialogId).toBe(dialogId)
    await at.peer.answered(200, 'BYE')
  })

  test('keeps its place when the caller moves', async () => {
    const { dialog, dialogId } = await at.taken()
    dialog.send('INVITE', { body: anSdp, headers: [] })
    await at.answerNext('INVITE', 200, 'OK', anSdp)
    await at.peer.answered(200, 'INVITE')
    dialog.send('ACK')
    expect((await at.client.requested('ACK')).dialogId).toBe(dialogId)
    await at.hangUp(dialogId)
  })
})
