import { once } from 'node:events'
import { stat, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { generate } from 'selfsigned'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { openSoftswitch, type SoftswitchProcess } from '#softswitch/softswitch-process.ts'
import { softswitchState } from '#softswitch/softswitch-state.ts'
import { testFolder } from '../harness/folder.ts'
import { connectSrf, killSrf, newSrf } from '../harness/srf.ts'

let folder: Awaited<ReturnType<typeof testFolder>>
const opened: SoftswitchProcess[] = []

beforeAll(async () => {
  folder = await testFolder()
})

afterEach(async () => {
  for (const softswitch of opened.splice(0)) await softswitch.close()
})

afterAll(() => folder.close())

async function open(options: Parameters<typeof openSoftswitch>[0]): Promise<SoftswitchProcess> {
  const softswitch = await openSoftswitch(options)
  opened.push(softswitch)
  return softswitch
}

describe('the softswitch as a process', () => {
  it('tells where it listens, in a file for its owner alone, and removes the file when it is closed', async () => {
    const stateFile = join(folder.path, 'state.json')
    const softswitch = await open({ stateFile })
    expect(await softswitchState.read(stateFile)).toEqual(softswitch.state)
    expect((await stat(stateFile)).mode & 0o777).toBe(0o600)
    expect(softswitch.state.drachtio.secret).not.toBe(softswitch.state.freeswitch.secret)
    await softswitch.close()
    expect(await softswitch.ended).toBe(0)
    expect(await softswitchState.read(stateFile)).toBeNull()
  })

  it('answers as drachtio server and as event socket', async () => {
    const { state } = await open({})
    const srf = newSrf()
    await connectSrf(srf, state.drachtio)
    killSrf(srf)
    const socket = connect(state.freeswitch.port, state.freeswitch.host)
    const greeting = await new Promise<string>((resolve) => socket.once('data', (bytes) => resolve(String(bytes))))
    socket.destroy()
    expect(greeting).toBe('Content-Type: auth/request\n\n')
  })

  it('has both control ports on loopback, wherever SIP is', async () => {
    const { state } = await open({ settings: { bind: '127.0.0.2' } })
    expect([state.drachtio.host, state.freeswitch.host]).toEqual(['127.0.0.1', '127.0.0.1'])
    for (const { port } of [state.drachtio, state.freeswitch]) {
      const outside = connect(port, '127.0.0.2')
      const [error] = await once(outside, 'error')
      expect(error).toMatchObject({ code: 'ECONNREFUSED' })
    }
    const srf = newSrf()
    expect((await connectSrf(srf, state.drachtio)).hostPort).toContain('127.0.0.2')
    killSrf(srf)
  })

  it('takes browsers’ phones on loopback, and secure ones, and applications over TLS, only with a certificate', async () => {
    const plain = await open({ settings: { bind: '127.0.0.2' } })
    const { sipWsHost, sipWsPort, sipWssPort, sipTlsPort } = plain.state.drachtio
    expect({ sipWsHost, sipWssPort, sipTlsPort }).toEqual({ sipWsHost: '127.0.0.1', sipWssPort: 0, sipTlsPort: 0 })
    const page = new WebSocket(`ws://127.0.0.1:${sipWsPort}`, 'sip')
    await once(page, 'open')
    page.terminate()

    const { cert, private: key } = await generate([{ name: 'commonName', value: 'sip.test' }])
    const [sipCertFile, sipKeyFile] = [join(folder.path, 'cert.pem'), join(folder.path, 'key.pem')]
    await Promise.all([writeFile(sipCertFile, cert), writeFile(sipKeyFile, key)])
    const secure = await open({ settings: { sipCertFile, sipKeyFile } })
    const wss = new WebSocket(`wss://127.0.0.1:${secure.state.drachtio.sipWssPort}`, 'sip', {
      rejectUnauthorized: false,
    })
    await once(wss, 'open')
    wss.terminate()
    const { port, tlsPort } = secure.state.drachtio
    expect([plain.state.drachtio.tlsPort, tlsPort === port]).toEqual([0, false])
    const srf = newSrf()
    const tls = { rejectUnauthorized: false }
    expect((await connectSrf(srf, { ...secure.state.drachtio, port: tlsPort, tls })).hostPort).toContain('127.0.0.1')
    killSrf(srf)
  })

  it('is found again by its state file, and closed by the one who found it', async () => {
    const stateFile = join(folder.path, 'found.json')
    const first = await open({ stateFile })
    const second = await open({ stateFile })
    expect(second.adopted).toBe(true)
    expect(second.state).toEqual(first.state)
    await second.close()
    expect(await first.ended).toBe(0)
  })

  it('is started anew when the state file names a process that is no softswitch', async () => {
    const stateFile = join(folder.path, 'stale.json')
    const server = { host: '127.0.0.1', port: 1, secret: '', sipPort: 1 }
    const drachtio = { ...server, tlsPort: 0, sipWsHost: '127.0.0.1', sipWsPort: 1, sipWssPort: 0, sipTlsPort: 0 }
    await softswitchState.write(stateFile, { pid: process.pid, startedAt: '', drachtio, freeswitch: server })
    const softswitch = await open({ stateFile })
    expect(softswitch.adopted).toBe(false)
    expect(softswitch.state.pid).not.toBe(process.pid)
  })

  it('ends by itself when no application is connected any more', async () => {
    const stateFile = join(folder.path, 'idle.json')
    const softswitch = await open({ stateFile, settings: { idleLimitMs: 1 } })
    expect(await softswitch.ended).toBe(0)
    expect(await softswitchState.read(stateFile)).toBeNull()
  })

  it('says why when it cannot start', async () => {
    const taken = await open({})
    await expect(openSoftswitch({ settings: { freeswitchPort: taken.state.freeswitch.port } })).rejects.toThrow(
      'EADDRINUSE',
    )
    await expect(openSoftswitch({ settings: { bind: 'everywhere' } })).rejects.toThrow('numeric address')
  })
})
