/**
 * A real browser as a telephone: Chromium with JsSIP, its microphone a tone from a file. It shares no line with ours on
 * the way from the microphone to SIP.
 */

import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { Browser, Page } from 'playwright-core'
import { build } from 'vite'
import { launchChromium } from './chromium.ts'

/** What runs in the page, beside JsSIP. Its globals are asked by `ChromiumPhone`. */
const pageScript = /* js */ `
  const heard = { level: () => 0 }
  let session
  // A tone is noise to whatever improves voices.
  const asItIs = { echoCancellation: false, noiseSuppression: false, autoGainControl: false }
  window.phone = {
    async offer() {
      const connection = new RTCPeerConnection({ iceServers: [] })
      session = { connection }
      const microphone = await navigator.mediaDevices.getUserMedia({ audio: asItIs })
      for (const track of microphone.getTracks()) connection.addTrack(track, microphone)
      connection.addEventListener('track', ({ track, streams }) => listen(streams[0] ?? new MediaStream([track])))
      await connection.setLocalDescription()
      while (connection.iceGatheringState !== 'complete') {
        await new Promise((resolve) => connection.addEventListener('icegatheringstatechange', resolve, { once: true }))
      }
      return connection.localDescription.sdp
    },
    async answer(sdp) {
      const { connection } = session
      await connection.setRemoteDescription({ type: 'answer', sdp })
      while (connection.connectionState !== 'connected') {
        await new Promise((resolve) => connection.addEventListener('connectionstatechange', resolve, { once: true }))
        if (connection.connectionState === 'failed') throw new Error('the connection has failed')
      }
    },
    call(socket, target, uri, password) {
      const account = password === undefined ? { register: false } : { register: true, password }
      const ua = new JsSIP.UA({ sockets: [new JsSIP.WebSocketInterface(socket)], uri, session_timers: false, ...account })
      ua.start()
      return new Promise((resolve, reject) => {
        ua.on('disconnected', () => reject(new Error('the socket is closed')))
        ua.on('registrationFailed', ({ cause }) => reject(new Error('not registered: ' + cause)))
        ua.once(password === undefined ? 'connected' : 'registered', () => {
          session = ua.call(target, {
            mediaConstraints: { audio: asItIs, video: false },
            pcConfig: { iceServers: [] },
            eventHandlers: {
              confirmed: () => resolve(session.connection.remoteDescription.sdp),
              failed: ({ cause, message }) => reject(new Error(cause + ' ' + (message?.status_code ?? ''))),
            },
          })
          session.connection.addEventListener('track', ({ track, streams }) => listen(streams[0] ?? new MediaStream([track])))
        })
      })
    },
    level: (frequency) => heard.level(frequency),
    press: (key) => session.sendDTMF(key, { transportType: 'RFC2833', duration: 160 }),
    mute: () => session.mute({ audio: true }),
    unmute: () => session.unmute({ audio: true }),
    withdrawTrack: () => session.connection.getSenders()[0].replaceTrack(null),
    hangUp: () => session.terminate(),
    state: () => session.connection.connectionState,
  }
  function listen(stream) {
    // Without an element that plays it Chromium gives a remote stream no samples.
    const element = new Audio()
    element.srcObject = stream
    element.muted = true
    void element.play()
    const context = new AudioContext()
    const analyser = context.createAnalyser()
    analyser.fftSize = 16384
    context.createMediaStreamSource(stream).connect(analyser)
    const samples = new Float32Array(analyser.fftSize)
    heard.level = (frequency) => {
      analyser.getFloatTimeDomainData(samples)
      const turn = 2 * Math.PI * frequency / context.sampleRate
      let real = 0, imaginary = 0
      samples.forEach((sample, i) => {
        // Hann's window: the frequencies need not fit the stretch.
        const weighed = sample * (1 - Math.cos(2 * Math.PI * i / samples.length))
        real += weighed * Math.cos(turn * i)
        imaginary += weighed * Math.sin(turn * i)
      })
      return 32768 * 2 * Math.hypot(real, imaginary) / samples.length
    }
  }
`

export class ChromiumPhone {
  readonly #browser: Browser
  readonly #server: Server
  readonly #page: Page

  /** @param microphone a WAV file, played again and again */
  static async open({ microphone }: { readonly microphone: string }): Promise<ChromiumPhone> {
    const jssip = await bundle()
    const server = createServer((request, response) => {
      const isScript = request.url === '/phone.js'
      response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
      response.end(isScript ? `${jssip}\n${pageScript}` : '<!doctype html><script src="/phone.js"></script>')
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const browser = await launchChromium({ microphone: { wav: microphone, permission: 'given' } })
    const address = server.address()
    const page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`)
    return new ChromiumPhone(browser, server, page)
  }

  private constructor(browser: Browser, server: Server, page: Page) {
    this.#browser = browser
    this.#server = server
    this.#page = page
  }

  /**
   * Resolves with the answer's session description when the call is confirmed.
   * @param to.password given, it registers first
   */
  call(to: {
    readonly socket: string
    readonly target: string
    readonly uri: string
    readonly password?: string
  }): Promise<string> {
    const said = [to.socket, to.target, to.uri, to.password].filter((one) => one !== undefined)
    return this.#ask(`call(${said.map((one) => JSON.stringify(one)).join(', ')})`)
  }

  /** A session description to be sent by somebody else, in place of `call`. */
  offer(): Promise<string> {
    return this.#ask('offer()')
  }

  /** Resolves when sound flows. */
  async answer(sdp: string): Promise<void> {
    await this.#ask(`answer(${JSON.stringify(sdp)})`)
  }

  /** Peak amplitude (0–32767) of a frequency in what it hears now. */
  level(frequency: number): Promise<number> {
    return this.#ask(`level(${frequency})`)
  }

  async press(key: string): Promise<void> {
    await this.#ask(`press(${JSON.stringify(key)})`)
  }

  async mute(): Promise<void> {
    await this.#ask('mute()')
  }

  async unmute(): Promise<void> {
    await this.#ask('unmute()')
  }

  /** The microphone is taken away from the connection: nothing is sent any more, the connection stays. */
  async withdrawTrack(): Promise<void> {
    await this.#ask('withdrawTrack()')
  }

  /** A page that is loaded again says nothing to anybody. */
  async reload(): Promise<void> {
    await this.#page.reload()
  }

  async hangUp(): Promise<void> {
    await this.#ask('hangUp()')
  }

  async close(): Promise<void> {
    await this.#browser.close()
    this.#server.closeAllConnections()
    this.#server.close()
  }

  async #ask<T>(question: string): Promise<T> {
    return await this.#page.evaluate<T>(`Promise.resolve(phone.${question}).then((said) => said ?? null)`)
  }
}

async function bundle(): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    define: { 'process.env.NODE_ENV': '"production"' },
    build: {
      write: false,
      minify: false,
      lib: { entry: import.meta.resolve('jssip').slice('file://'.length), formats: ['iife'], name: 'JsSIP' },
    },
  })
  const outputs = Array.isArray(built) ? built : [built]
  for (const one of outputs) {
    if (!('output' in one)) continue
    for (const file of one.output) if (file.type === 'chunk') return file.code
  }
  throw new Error('JsSIP could not be bundled')
}
