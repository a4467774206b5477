/** The words of both servers that our code and its client libraries rely on, asked of the servers directly. */
import { once } from 'node:events'
import Mrf from 'drachtio-fsmrf'
import Srf from 'drachtio-srf'
import modesl from 'modesl'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPair, type Pair } from './pair.ts'
import { TestTrunk } from './test-trunk.ts'

let pair: Pair
let srf: Srf
let mediaServer: Mrf.MediaServer
let control: modesl.Connection

beforeAll(async () => {
  pair = await openPair()
  srf = new Srf()
  void srf.connect(pair.drachtio)
  await new Promise<void>((resolve, reject) =>
    srf.on('connect', (error) => (error === null ? resolve() : reject(error))),
  )
  mediaServer = await signIn()
  control = await new Promise((resolve) => {
    const { host, port, secret } = pair.freeswitch
    const connection = new modesl.Connection(host, port, secret, () => resolve(connection))
  })
})
afterAll(async () => {
  control?.disconnect()
  mediaServer?.disconnect()
  srf?.disconnect()
  await pair?.close()
})

test.each([
  ['nosuch thing', '-ERR nosuch Command not found!\n'],
  ['uuid_kill nope', '-ERR No such channel!\n'],
  ['uuid_getvar nope x', '-ERR No such channel!\n'],
  ['uuid_break nope', '-ERR No such channel!\n'],
  ['uuid_record nope start /tmp/x.wav', '-ERR Cannot locate session!\n'],
  ['uuid_flush_dtmf nope', '-ERR No such session\n'],
  ['uuid_exists nope', 'false'],
  ['uuid_break', '-USAGE: <uuid> [all]\n'],
])('the media server answers "%s" in FreeSWITCH’s words', async (command, answer) => {
  expect(await api(command)).toBe(answer)
})

test('the profile that fsmrf looks for is in the status', async () => {
  expect(await api('sofia status')).toMatch(/^\s*drachtio_mrf\s.*sip:mod_sofia@\d+\.\d+\.\d+\.\d+:\d+/m)
})

test('a wrong secret is refused by both servers', async () => {
  const { host, port } = pair.freeswitch
  const stranger = new modesl.Connection(host, port, 'wrong', () => {})
  stranger.on('error', () => {})
  const refusal = await new Promise<modesl.Event>((resolve) => stranger.on('esl::event::auth::fail', resolve))
  expect(refusal.getHeader('Reply-Text')).toBe('-ERR invalid')
  stranger.disconnect()

  const { connect } = await import('node:net')
  const socket = connect(pair.drachtio.port, pair.drachtio.host)
  const frame = '11111111-1111-4111-8111-111111111111|authenticate|wrong|'
  socket.write(`${frame.length}#${frame}`)
  const [answer] = await once(socket, 'data')
  expect(String(answer)).toMatch(
    /^\d+#[0-9a-f-]+\|response\|11111111-1111-4111-8111-111111111111\|NO\|incorrect secret/,
  )
  socket.destroy()
})

test.each([
  ['BYE', { stackDialogId: 'nope;from-tag=nope' }, /unable to find dialog/],
  ['CANCEL', { stackTxnId: 'nope' }, /unable to cancel unknown transaction id/],
])('drachtio does not know what a %s refers to, and says so', async (method, options, words) => {
  const refused = new Promise<Error | null>((resolve) =>
    srf.request('sip:placeholder', { method, ...options }, resolve),
  )
  expect((await refused)?.message).toMatch(words)
})

test('a channel takes its names from the headers of its INVITE', async () => {
  const endpoint = await mediaServer.createEndpoint({
    headers: { 'X-Suifang-Attempt': 'attempt-1', 'X-Suifang-Call': 'call-1' },
  })
  expect(await api(`uuid_getvar ${endpoint.uuid} sip_h_X-Suifang-Attempt`)).toBe('attempt-1')
  expect(await api(`uuid_getvar ${endpoint.uuid} sip_h_X-Suifang-Call`)).toBe('call-1')
  expect(await api(`uuid_getvar ${endpoint.uuid} never_set`)).toBe('_undef_')
  await end(endpoint)
})

test('an unknown application ends the channel, and its completion never comes', async () => {
  const endpoint = await mediaServer.createEndpoint({ headers: {} })
  let completed = false
  void endpoint.execute('nosuchapplication', 'x').then(() => {
    completed = true
  })
  const why = await new Promise<{ readonly reason: string | null } | undefined>((resolve) =>
    endpoint.on('destroy', resolve),
  )
  expect(why?.reason).toBe('DESTINATION_OUT_OF_ORDER')
  expect(completed).toBe(false)
})

test('a play says how it ended, and an execute during a play does not wait for it', async () => {
  const trunk = await TestTrunk.open()
  trunk.onCall = (call) => void call.answer().then((phone) => phone.talk(call.mediaAddress))
  const endpoint = await mediaServer.createEndpoint({ headers: {} })
  const dialog = await new Promise<Srf.Dialog>((resolve, reject) =>
    srf.createUAC(
      `sip:1@127.0.0.1:${trunk.port}`,
      { localSdp: endpoint.dialog.remote.sdp, callingNumber: '2', headers: {} },
      { cbRequest: () => {}, cbProvisional: () => {} },
      (error, made) => (made === undefined ? reject(error) : resolve(made)),
    ),
  )
  await endpoint.dialog.modify(dialog.remote.sdp)
  const answerTo = async (path: string) => (await endpoint.execute('playback', path)).getHeader('Application-Response')

  expect(await answerTo(`${pair.folder}/nowhere.wav`)).toBe('FILE NOT FOUND')
  expect(await answerTo(await pair.tone(500, 200))).toBe('FILE PLAYED')

  const started = new Promise<unknown>((resolve) => endpoint.on('playback-start', resolve))
  const long = answerTo(await pair.tone(500, 20_000))
  await started
  // Hence the one queue per endpoint: two applications nest.
  await endpoint.execute('set', 'while=playing')
  expect(await api(`uuid_break ${endpoint.uuid}`)).toBe('+OK\n')
  expect(await long).toBe('FILE PLAYED')
  await dialog.destroy()
  await end(endpoint)
  await trunk.close()
})

async function signIn(): Promise<Mrf.MediaServer> {
  const { host: address, port, secret } = pair.freeswitch
  const options = { address, port, secret, listenAddress: '127.0.0.1', profile: 'drachtio_mrf' }
  return await new Promise((resolve, reject) =>
    new Mrf(srf).connect(options, (error, connected) => (connected === undefined ? reject(error) : resolve(connected))),
  )
}

async function api(command: string): Promise<string> {
  return await new Promise((resolve) => control.api(command, (event) => resolve(event.getBody())))
}

async function end(endpoint: Mrf.Endpoint): Promise<void> {
  const gone = new Promise<unknown>((resolve) => endpoint.on('destroy', resolve))
  await endpoint.dialog.destroy()
  await gone
}
