/**
 * A browser's phone and drachtio: JsSIP over drachtio's WebSocket, an application of drachtio-srf behind it. Signalling
 * alone; the sound of browsers' legs is FreeSWITCH's.
 */
import { once } from 'node:events'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { madeUpSdp, openPage, type Page, type PageOptions } from '../harness/jssip-page.ts'
import { newSrf, type Srf, type SrfDialog, type SrfRequest, type SrfResponse } from '../harness/srf.ts'
import { waitFor, waitForEvent } from '../harness/wait-for.ts'
import { openPair, type Pair } from './pair.ts'

let pair: Pair
let srf: Srf
let url: string
const pages: Page[] = []
/** What came to the application; REGISTER gets a minute, calls an answer. */
let registers: SrfRequest[] = []
let dialogs: SrfDialog[] = []
let asked: SrfRequest[] = []

beforeAll(async () => {
  pair = await openPair()
  srf = newSrf()
  srf.register((request, response) => register(request, response))
  srf.options((request, response) => {
    asked.push(request)
    response.send(200)
  })
  srf.invite(async (request, response) => {
    dialogs.push(await srf.createUAS(request, response, { localSdp: madeUpSdp }))
  })
  const connected = waitForEvent<[Error | null, string]>(srf as never, 'connect')
  srf.connect(pair.drachtio)
  const [error, addresses] = await connected
  if (error !== null) throw error
  const [, address] = /\bws\/([\d.]+:\d+)/.exec(addresses) ?? []
  if (address === undefined) throw new Error(`drachtio listens on no WebSocket: ${addresses}`)
  url = `ws://${address}`
})

afterEach(() => {
  for (const page of pages.splice(0)) page.close()
  registers = []
  dialogs = []
  asked = []
})

afterAll(async () => {
  srf?.disconnect()
  await pair?.close()
})

function register(request: SrfRequest, response: SrfResponse): void {
  registers.push(request)
  const contact = request.get('Contact') ?? ''
  const seconds = contact.includes('expires=0') || request.get('Expires') === '0' ? 0 : 60
  response.send(200, { headers: { Contact: `${contact.replace(/;expires=\d+/, '')};expires=${seconds}` } })
}

async function page(options: Partial<PageOptions> = {}): Promise<Page> {
  const opened = await openPage({ url, ...options })
  pages.push(opened)
  return opened
}

const call = (to: Page) => srf.createUAC(to.contact, { localSdp: madeUpSdp })

test('its WebSocket is told as TCP, and only its Via as what it is', async () => {
  await (await page()).register()
  expect(registers[0]).toMatchObject({ protocol: 'tcp' })
  expect(registers[0]?.get('Via')).toMatch(/^SIP\/2\.0\/WS \w+\.invalid;/)
})

test('once registered it is called at an address that nobody could find, and the call is ended', async () => {
  const phone = await page()
  await phone.register()
  const ringing = phone.nextCall()
  const dialog = await call(phone)
  const session = await ringing
  await waitFor(() => session.isEstablished())
  const ended = waitForEvent(session, 'ended')
  await dialog.destroy()
  await ended
})

test('the call may be ended by the page', async () => {
  const phone = await page()
  await phone.register()
  const ringing = phone.nextCall()
  const dialog = await call(phone)
  const session = await ringing
  await waitFor(() => session.isEstablished())
  const destroyed = waitForEvent(dialog as never, 'destroy')
  session.terminate()
  await destroyed
})

test('it calls in, is re-negotiated with, and is ended by the application', async () => {
  const phone = await page()
  const session = phone.call('sip:seat@hospital.test')
  await waitForEvent(session, 'confirmed')
  const dialog = await waitFor(() => dialogs[0])
  expect(await dialog.modify(madeUpSdp)).toContain('SAVPF')
  const ended = waitForEvent(session, 'ended')
  await dialog.destroy()
  await ended
})

test('the server’s Contact to it names the WebSocket', async () => {
  const phone = await page()
  await phone.register()
  const ringing = waitForEvent<[{ request: { getHeader(name: string): string } }]>(phone.agent, 'newRTCSession')
  const answering = phone.nextCall()
  const dialog = await call(phone)
  await answering
  const [{ request }] = await ringing
  expect(request.getHeader('Contact')).toBe(`<sip:${url.slice('ws://'.length)};transport=ws>`)
  await dialog.destroy()
})

test('unregistered it is 503', async () => {
  const phone = await page()
  await expect(call(phone)).rejects.toMatchObject({ status: 503 })
})

test('after it has unregistered it is 503', async () => {
  const phone = await page()
  await phone.register()
  const gone = waitForEvent(phone.agent, 'unregistered')
  phone.agent.unregister()
  await gone
  await expect(call(phone)).rejects.toMatchObject({ status: 503 })
})

test('when it has vanished it is 410 while its registration lasts', async () => {
  const phone = await page()
  await phone.register()
  await phone.vanish()
  const refused = await waitFor(() =>
    call(phone).then(
      () => null,
      (error: unknown) => error,
    ),
  )
  expect(refused).toMatchObject({ status: 410 })
})

test('a dialog with it can still be ended when it has vanished', async () => {
  const phone = await page()
  await phone.register()
  const ringing = phone.nextCall()
  const dialog = await call(phone)
  await ringing
  await phone.vanish()
  await dialog.destroy()
})

test('a request whose Via names another transport than it came by is dropped', async () => {
  const socket = new WebSocket(url, 'sip')
  await once(socket, 'open')
  const options = (via: string, callId: string) =>
    [
      'OPTIONS sip:seat@hospital.test SIP/2.0',
      `Via: SIP/2.0/${via} page.invalid;branch=z9hG4bK${callId}`,
      'Max-Forwards: 70',
      'From: <sip:page@hospital.test>;tag=a',
      'To: <sip:seat@hospital.test>',
      `Call-ID: ${callId}`,
      'CSeq: 1 OPTIONS',
      'Content-Length: 0',
      '\r\n',
    ].join('\r\n')
  socket.send(options('WSS', 'wrong'))
  socket.send(options('WS', 'right'))
  const [answer] = await once(socket, 'message')
  expect(String(answer)).toContain('Call-ID: right')
  expect(asked.map((request) => request.get('Call-ID'))).toEqual(['right'])
  socket.terminate()
})

test('line ends in a frame are answered with a line end', async () => {
  const socket = new WebSocket(url, 'sip')
  await once(socket, 'open')
  socket.send('\r\n\r\n')
  const [answer] = await once(socket, 'message')
  expect(String(answer)).toBe('\r\n')
  socket.terminate()
})
