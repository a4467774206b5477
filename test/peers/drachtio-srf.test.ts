/**
 * drachtio-srf's own tests against the softswitch: what passes with drachtio-server passes here. Files that wait (32 s
 * for an ACK) run beside those that work; each has a server, a network and telephones of its own.
 */
import { describe, test } from 'vitest'
import { startServer } from './server-under-test.ts'
import { openSuite } from './suite.ts'
import { type Expected, judge } from './verdict.ts'

const files: Readonly<Record<string, Expected>> = {
  'uas.js': { passes: 8 },
  'b2b.js': { passes: 19 },
  'uac.js': { passes: 19 },
  'reinvite-tests.js': { passes: 1 },
  'proxy.js': { passes: 2 },
  'refer.js': { passes: 1 },
  'utils.js': { passes: 27 },
  'unit-tests': { passes: 52 },
}

describe.concurrent('drachtio-srf', () => {
  for (const [file, expected] of Object.entries(files)) {
    test(file, async () => {
      const suite = await openSuite('drachtio-srf')
      const closers: { close(): Promise<void> }[] = [suite]
      try {
        const config: Record<string, object> = {}
        for (const host of file === 'refer.js' ? ['drachtio-sut', 'drachtio-uas'] : ['drachtio-sut']) {
          const server = await startServer(suite, host)
          closers.unshift(server)
          const { host: address, port, secret } = server.state.drachtio
          config[host] = { host: address, port, secret, enablePing: true, pingInterval: 5000 }
        }
        closers.unshift(await suite.startTelephones(file))
        judge(await suite.run(file, config), expected)
      } finally {
        for (const thing of closers) await thing.close()
      }
    })
  }
})
