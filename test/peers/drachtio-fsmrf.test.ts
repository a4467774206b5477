/** drachtio-fsmrf's own tests against the softswitch, a pair on each side of the call. */
import { join } from 'node:path'
import { describe, test } from 'vitest'
import { startServer } from './server-under-test.ts'
import { openSuite } from './suite.ts'
import { type Expected, judge } from './verdict.ts'

/** Reasons at length: docs/softswitch.md. */
const files: Readonly<Record<string, Expected>> = {
  'mediaserver.js': {
    passes: 16,
    misses: [{ assertion: 'mediaserver has ipv4 dtls', reason: 'the profile has no TLS, nor has production’s' }],
  },
  'endpoint.js': {
    passes: 43,
    misses: [
      { assertion: 'OPUS is offered', reason: 'G.711 only' },
      { assertion: 'playbackLastOffsetPos is correct', reason: 'no server here counts so; the real one neither' },
    ],
  },
  'conference.js': { passes: 37 },
}

describe('drachtio-fsmrf', () => {
  for (const [file, expected] of Object.entries(files)) {
    test(file, async () => {
      const suite = await openSuite('drachtio-fsmrf')
      const closers: { close(): Promise<void> }[] = [suite]
      try {
        const config: Record<string, object> = {}
        for (const side of ['uac', 'sut']) {
          const server = await startServer(suite, `drachtio-${side}`, {
            baseFolder: join(suite.folder, 'sounds/en/us/callie'),
          })
          closers.unshift(server)
          const { drachtio, freeswitch } = server.state
          config[`drachtio-${side}`] = drachtio
          config[`freeswitch-${side}`] = {
            address: freeswitch.host,
            port: freeswitch.port,
            secret: freeswitch.secret,
            listenAddress: freeswitch.host,
          }
        }
        config['freeswitch-custom-profile-uac'] = { ...config['freeswitch-uac'] }
        config['call-generator'] = {
          uri: 'sip:drachtio-sut',
          drachtio: config['drachtio-uac'],
          freeswitch: config['freeswitch-uac'],
        }
        judge(await suite.run(file, config), expected)
      } finally {
        for (const thing of closers) await thing.close()
      }
    })
  }
})
