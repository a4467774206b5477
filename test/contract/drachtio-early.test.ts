/**
 * What happens between an INVITE and its answer: provisional answers that are acknowledged (RFC 3262), a session that
 * is described anew meanwhile (RFC 3311); and how long a session lasts (RFC 4028).
 */
import { describe, expect, test } from 'vitest'
import { isReal } from './pair.ts'
import { openDrachtioDesk } from './wire/drachtio-desk.ts'
import { anSdp } from './wire/sip-peer.ts'
import { answerTo, type SipText, tagOf } from './wire/sip-text.ts'

const at = openDrachtioDesk(['invite'])
const cseqOf = (message: SipText) => Number.parseInt(message.get('CSeq') ?? '', 10)
const reliably = (rseq: number) => ['Require: 100rel', `RSeq: ${rseq}`]

/** An INVITE of the application that the peer has answered with a 183 of that number. */
async function progressing(rseq = 100) {
  const sent = await at.invite(['Require: 100rel'])
  const request = await at.peer.requested('INVITE')
  at.peer.answer(request, 183, 'Session Progress', { headers: reliably(rseq), body: anSdp })
  const progress = await at.client.answered(183)
  return { sent, request, progress, dialogId: progress.dialogId }
}

async function acknowledge(dialogId: string, rseq: number, request: SipText): Promise<SipText> {
  await at.inside('PRACK', dialogId, [`RAck: ${rseq} ${cseqOf(request)} INVITE`])
  const prack = await at.peer.requested('PRACK')
  at.peer.answer(prack, 200, 'OK')
  await at.client.answered(200, 'PRACK')
  return prack
}

/** An INVITE of the peer that the application has answered with a 183 that wants its PRACK. */
async function ringing(body = '') {
  const dialog = at.peer.dial()
  dialog.send('INVITE', { body: anSdp, headers: ['Supported: 100rel'] })
  const { told, sent } = await at.answerNext('INVITE', 183, 'Session Progress', body, ['Require: 100rel'])
  const progress = dialog.learn(await at.peer.answered(183))
  return { dialog, told, sent, progress }
}

const rackOf = (progress: SipText) => `RAck: ${progress.get('RSeq')} ${progress.get('CSeq')}`

async function answered(dialogId: string, request: SipText) {
  at.peer.answer(request, 200, 'OK', { body: anSdp })
  const ok = await at.client.answered(200, 'INVITE')
  expect(ok.dialogId).toBe(dialogId)
  await at.inside('ACK', dialogId)
  await at.peer.requested('ACK')
  await at.hangUp(dialogId)
}

describe('a call that is placed, with provisional answers that want a PRACK', () => {
  test('tells them with the dialog in which their PRACK leaves', async () => {
    const { sent, request, progress, dialogId } = await progressing(7)
    expect([progress.transactionId, progress.message.get('RSeq'), progress.message.body]).toEqual([
      sent.transactionId,
      '7',
      anSdp,
    ])
    const prack = await acknowledge(dialogId, 7, request)
    expect(prack.startLine).toBe(`PRACK ${at.peer.contact} SIP/2.0`)
    expect([prack.get('RAck'), cseqOf(prack), tagOf(prack.get('To'))]).toEqual([
      `7 ${cseqOf(request)} INVITE`,
      cseqOf(request) + 1,
      'peer-tag',
    ])
    await answered(dialogId, request)
  })

  test('one after the other, each with its own', async () => {
    const { request, dialogId } = await progressing(1)
    await acknowledge(dialogId, 1, request)
    at.peer.answer(request, 180, 'Ringing', { headers: reliably(2) })
    const ring = await at.client.answered(180)
    expect(ring.dialogId).toBe(dialogId)
    const second = await acknowledge(dialogId, 2, request)
    expect(cseqOf(second)).toBe(cseqOf(request) + 2)
    await answered(dialogId, request)
  })

  test('does not tell one again that has had its PRACK, nor one out of turn', async () => {
    const { request, dialogId } = await progressing(4)
    await acknowledge(dialogId, 4, request)
    at.peer.answer(request, 183, 'Session Progress', { headers: reliably(4), body: anSdp })
    at.peer.answer(request, 183, 'Out Of Turn', { headers: reliably(6), body: anSdp })
    at.peer.answer(request, 180, 'Ringing', { headers: reliably(5) })
    expect((await at.client.answered(180)).message.get('RSeq')).toBe('5')
    expect(at.client.frames).toEqual([])
    await acknowledge(dialogId, 5, request)
    await answered(dialogId, request)
  })

  test('that is refused for them (420) tells why', async () => {
    await at.invite(['Require: 100rel'])
    const request = await at.peer.requested('INVITE')
    at.peer.answer(request, 420, 'Bad Extension', { headers: ['Unsupported: 100rel'] })
    const refused = await at.client.answered(420)
    expect(refused.message.get('Unsupported')).toBe('100rel')
    await at.peer.requested('ACK')
  })

  test('may still be refused behind its PRACK', async () => {
    const { request, dialogId } = await progressing()
    await acknowledge(dialogId, 100, request)
    at.peer.answer(request, 486, 'Busy Here')
    expect((await at.client.answered(486)).dialogId).toBe(dialogId)
    await at.peer.requested('ACK')
    // There the dialog stays behind, for nobody (docs/softswitch.md).
    if (!isReal) expect((await at.inside('INFO', dialogId)).verdict).toBe('NOK')
  })

  test('may be described anew before it is answered, from either side', async () => {
    const { request, dialogId } = await progressing()
    await acknowledge(dialogId, 100, request)
    await at.inside('UPDATE', dialogId, [], anSdp.replace('1 1', '1 2'))
    const update = await at.peer.requested('UPDATE')
    expect([tagOf(update.get('To')), update.body]).toEqual(['peer-tag', anSdp.replace('1 1', '1 2')])
    at.peer.answer(update, 200, 'OK', { body: anSdp })
    expect((await at.client.answered(200, 'UPDATE')).dialogId).toBe(dialogId)
    at.fromPeer(request, 'UPDATE', 9, [], anSdp)
    const { told } = await at.answerNext('UPDATE', 200, 'OK', anSdp)
    expect(told.dialogId).toBe(dialogId)
    expect((await at.peer.answered(200, 'UPDATE')).body).toBe(anSdp)
    await answered(dialogId, request)
  })
})

describe('a call that comes in, with provisional answers that want a PRACK', () => {
  test('are numbered, and their PRACK is the application’s to answer', async () => {
    const { dialog, told, sent, progress } = await ringing(anSdp)
    expect([progress.get('Require'), progress.get('RSeq'), progress.body]).toEqual([
      '100rel',
      expect.stringMatching(/^\d+$/),
      anSdp,
    ])
    dialog.send('PRACK', { headers: [rackOf(progress)] })
    const { told: prack } = await at.answerNext('PRACK', 200, 'OK')
    expect([prack.dialogId, prack.transactionId === told.transactionId]).toEqual([sent.dialogId, false])
    await at.peer.answered(200, 'PRACK')
    await at.client.respond(told, answerTo(told.message, 200, 'OK', { body: anSdp }))
    dialog.learn(await at.peer.answered(200, 'INVITE'))
    // ACK has the number of its INVITE, and the peer has sent PRACK since.
    at.peer.send(ackOf(dialog.send('INFO')))
    const info = await at.client.requested('INFO')
    await at.client.respond(info, answerTo(info.message, 200, 'OK'))
    await at.peer.answered(200, 'INFO')
    await at.client.requested('ACK')
    await at.hangUp(sent.dialogId)
  })

  test('come again until their PRACK', async () => {
    const { dialog, told, progress } = await ringing()
    expect((await at.peer.answered(183)).text).toBe(progress.text)
    dialog.send('PRACK', { headers: [rackOf(progress)] })
    await at.answerNext('PRACK', 200, 'OK')
    await at.peer.answered(200, 'PRACK')
    await at.client.respond(told, answerTo(told.message, 486, 'Busy Here'))
    await at.peer.answered(486)
  })

  // drachtio 0.9.10 ends when a second one waits for the first one's PRACK (docs/softswitch.md).
  test.skipIf(isReal)('leave one at a time, each numbered one more', async () => {
    const { dialog, told, progress } = await ringing()
    await at.client.respond(told, answerTo(told.message, 180, 'Ringing', { headers: ['Require: 100rel'] }))
    expect(at.peer.received.filter(({ status }) => status === 180)).toEqual([])
    dialog.send('PRACK', { headers: [rackOf(progress)] })
    await at.answerNext('PRACK', 200, 'OK')
    const ring = await at.peer.answered(180)
    expect(Number(ring.get('RSeq'))).toBe(Number(progress.get('RSeq')) + 1)
    await at.client.respond(told, answerTo(told.message, 486, 'Busy Here'))
    await at.peer.answered(486)
  })

  test('hold the 200 back when they describe the session', async () => {
    const { dialog, told, progress } = await ringing(anSdp)
    const sent = await at.client.respond(told, answerTo(told.message, 200, 'OK', { body: anSdp }))
    expect(sent.verdict).toBe('OK')
    await at.peer.answered(183)
    expect(at.peer.received.filter((message) => message.status === 200)).toEqual([])
    dialog.send('PRACK', { headers: [rackOf(progress)] })
    await at.answerNext('PRACK', 200, 'OK')
    await at.peer.answered(200, 'INVITE')
    await at.hangUp(sent.dialogId)
  })

  // drachtio 0.9.10 leaves it unanswered.
  test.skipIf(isReal)('that nobody has asked for: PRACK gets 481', async () => {
    const { dialog, told, progress } = await ringing()
    dialog.send('PRACK', { headers: [`RAck: ${Number(progress.get('RSeq')) + 5} ${progress.get('CSeq')}`] })
    await at.peer.answered(481, 'PRACK')
    expect(at.client.frames).toEqual([])
    await at.client.respond(told, answerTo(told.message, 486, 'Busy Here'))
    await at.peer.answered(486)
  })

  test('are refused when the caller does not know them', async () => {
    const dialog = at.peer.dial()
    dialog.send('INVITE', { body: anSdp })
    const { told, sent } = await at.answerNext('INVITE', 183, 'Session Progress', anSdp, ['Require: 100rel'])
    expect([sent.verdict, sent.reason]).toEqual(['NOK', 'Remote endpoint does not support 100rel'])
    const late = await at.client.respond(told, answerTo(told.message, 486, 'Busy Here'))
    expect(late.verdict).toBe('OK')
    await at.peer.answered(486)
  })

  test('end with a CANCEL', async () => {
    const { dialog, sent } = await ringing(anSdp)
    dialog.send('CANCEL')
    const cancel = await at.client.requested('CANCEL')
    expect(cancel.dialogId).toBe(sent.dialogId)
    await at.peer.answered(200, 'CANCEL')
    await at.peer.answered(487, 'INVITE')
    dialog.send('ACK')
  })

  test('let the caller describe the session anew meanwhile', async () => {
    const { dialog, told, sent, progress } = await ringing(anSdp)
    dialog.send('PRACK', { headers: [rackOf(progress)] })
    await at.answerNext('PRACK', 200, 'OK')
    dialog.send('UPDATE', { body: anSdp.replace('1 1', '1 2') })
    const { told: update } = await at.answerNext('UPDATE', 200, 'OK', anSdp)
    expect([update.transactionId === told.transactionId, update.dialogId]).toEqual([false, sent.dialogId])
    expect((await at.peer.answered(200, 'UPDATE')).body).toBe(anSdp)
    await at.client.respond(told, answerTo(told.message, 486, 'Busy Here'))
    await at.peer.answered(486)
  })

  test('without them an UPDATE is told under the INVITE’s number, and the next waits for its answer', async () => {
    const dialog = at.peer.dial()
    dialog.send('INVITE', { body: anSdp })
    const { told, sent } = await at.answerNext('INVITE', 183, 'Session Progress', anSdp)
    dialog.learn(await at.peer.answered(183))
    dialog.send('UPDATE', { body: anSdp })
    const update = await at.client.requested('UPDATE')
    // Where drachtio-srf looks for it.
    expect([update.transactionId, update.dialogId]).toEqual([told.transactionId, sent.dialogId])
    dialog.send('UPDATE', { body: anSdp })
    await at.peer.answered(500, 'UPDATE')
    await at.client.respond(update, answerTo(update.message, 200, 'OK', { body: anSdp }))
    await at.peer.answered(200, 'UPDATE')
    await at.client.respond(told, answerTo(told.message, 486, 'Busy Here'))
    await at.peer.answered(486)
  })

  test('an extension that is required is the application’s to refuse', async () => {
    const dialog = at.peer.dial()
    dialog.send('INVITE', { body: anSdp, headers: ['Require: nothing-of-ours'] })
    const { told } = await at.answerNext('INVITE', 420, 'Bad Extension', '', ['Unsupported: nothing-of-ours'])
    expect(told.message.get('Require')).toBe('nothing-of-ours')
    expect((await at.peer.answered(420)).get('Unsupported')).toBe('nothing-of-ours')
    dialog.send('ACK')
  })
})

/** The ACK of the INVITE that began the dialog of this request. */
function ackOf(request: string): string {
  return request
    .replace(/^INFO/, 'ACK')
    .replace(/branch=\w+/, 'branch=z9hG4bKackOfTheInvite')
    .replace(/CSeq: .*/, 'CSeq: 1 ACK')
}

describe('how long a session lasts', () => {
  test('is what the application has said in its answer, and a shorter one is refused inside', async () => {
    const { dialog, dialogId, ok } = await at.taken(['Supported: timer'], ['Session-Expires: 1800;refresher=uac'])
    expect(ok.get('Session-Expires')?.replace(/\s/g, '')).toBe('1800;refresher=uac')
    dialog.send('UPDATE', { headers: ['Session-Expires: 60;refresher=uac'] })
    const refused = await at.peer.answered(422, 'UPDATE')
    expect(refused.get('Min-SE')).toBe('90')
    await at.hangUp(dialogId)
  })

  test('is agreed to when the caller says who refreshes', async () => {
    const { dialogId, ok } = await at.taken(['Supported: timer', 'Session-Expires: 1800;refresher=uac'])
    expect(ok.get('Session-Expires')?.replace(/\s/g, '')).toBe('1800;refresher=uac')
    await at.hangUp(dialogId)
  })

  test('is agreed to anew by a refresh, which the application answers', async () => {
    const { dialog, dialogId } = await at.taken(['Supported: timer'], ['Session-Expires: 1800;refresher=uac'])
    dialog.send('UPDATE', { headers: ['Session-Expires: 900;refresher=uac'] })
    const { told } = await at.answerNext('UPDATE', 200, 'OK', '', ['Session-Expires: 900;refresher=uac'])
    expect(told.dialogId).toBe(dialogId)
    await at.peer.answered(200, 'UPDATE')
    await at.hangUp(dialogId)
  })
})
