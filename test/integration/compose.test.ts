/**
 * docker-compose.yml beside what the programs that it starts really read, and the health that it asks them for. There is
 * no docker here: its variables are filled in as docker fills them.
 */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { speechTools } from '#contact-center/prompts/speech.ts'
import { systemClock } from '#platform/clock.ts'
import { openCertificate } from '#platform/http/certificate.ts'
import { readSettings } from '#platform/settings/settings.ts'
import { type RunningSoftswitch, startSoftswitch } from '../contract/softswitch-process.ts'
import { testFolder } from '../harness/folder.ts'

const root = join(import.meta.dirname, '../..')
const textOf = (name: string) => readFile(join(root, name), 'utf8')

/** What `docker/suifang.env.example` marks as needed. */
const needed = {
  SIP_ADDRESS: '10.0.0.5',
  POSTGRES_OWNER_PASSWORD: 'owner',
  POSTGRES_APP_PASSWORD: 'app',
  DRACHTIO_SECRET: 'drachtio',
  FREESWITCH_SECRET: 'freeswitch',
}

let compose: string
let services: ReadonlyMap<string, string>

beforeAll(async () => {
  compose = await textOf('docker-compose.yml')
  const [, all = ''] = /\nservices:\n(.*)\nvolumes:\n/s.exec(compose) ?? []
  services = new Map(
    all.split(/^(?= {2}[a-z]+:$)/m).flatMap((text) => {
      const name = /^ {2}([a-z]+):$/m.exec(text)?.[1]
      return name === undefined ? [] : [[name, text] as const]
    }),
  )
})

describe('the compose file', () => {
  test('has a name of its own, so that the next release finds the volumes from another folder', () => {
    expect(compose).toMatch(/^name: suifang$/m)
  })

  test('keeps bounded logs of every service that stays, and starts it again', () => {
    const staying = [...services].filter(([name]) => name !== 'folders')
    expect(staying.map(([name]) => name)).toEqual(['postgres', 'drachtio', 'freeswitch', 'suifang'])
    for (const [, text] of staying) {
      expect(text).toContain('    restart: unless-stopped\n')
      expect(text).toContain('    logging: *logging\n')
      expect(text).toContain('    healthcheck:\n')
    }
  })

  test.each(Object.keys(needed))('does not start without %s', (name) => {
    expect(compose).toContain(`\${${name}:?`)
  })

  test('reads what the example of its variables names, and nothing else', async () => {
    const example = await textOf('docker/suifang.env.example')
    const named = new Set([...example.matchAll(/^#?([A-Z_]+)=/gm)].map(([, name]) => name))
    const read = new Set([...compose.matchAll(/(?<!\$)\$\{([A-Z_]+)/g)].map(([, name]) => name))
    expect([...named].sort()).toEqual([...read].sort())
  })

  test('tells Suifang what it takes, with what is needed alone', () => {
    expect(readSettings(environmentOf('suifang', needed))).toMatchObject({
      port: 8080,
      bind: '127.0.0.1',
      dataDir: '/var/lib/suifang',
      key: null,
      demo: false,
      https: 'auto',
      tls: null,
      logFile: '-',
      database: { url: 'postgres://suifang_app:app@127.0.0.1:5432/suifang' },
      sipWs: { host: '127.0.0.1', port: 5066 },
      switches: {
        drachtio: { host: '127.0.0.1', port: 9022, secret: 'drachtio' },
        freeswitch: [{ host: '127.0.0.1', port: 8021, secret: 'freeswitch' }],
      },
    })
  })

  test('has Suifang speak HTTPS by itself where no proxy does', () => {
    const tls = { TLS_CERT_FILE: 'console.pem', TLS_KEY_FILE: 'console.key' }
    const settings = readSettings(
      environmentOf('suifang', { ...needed, ...tls, SUIFANG_BIND: '10.0.0.5', PORT: '8443' }),
    )
    expect(settings.tls).toEqual({ certFile: '/etc/suifang/tls/console.pem', keyFile: '/etc/suifang/tls/console.key' })
    expect(services.get('suifang')).toContain('- ./tls:/etc/suifang/tls:ro')
  })

  test('tells FreeSWITCH nothing that its configuration does not read', async () => {
    const read = [...(await textOf('sip-config/freeswitch/vars.xml')).matchAll(/\$(FREESWITCH_[A-Z_]+)/g)]
    const told = Object.keys(environmentOf('freeswitch', needed))
    expect(told.length).toBeGreaterThan(4)
    expect(told.filter((name) => !read.some(([, known]) => known === name))).toEqual([])
  })

  test('shows both the same sounds under the same paths, prompts for FreeSWITCH to read alone', () => {
    const mounts = (name: string) =>
      [...(services.get(name) ?? '').matchAll(/^ {6}- (\S+:\/\S+)$/gm)].map(([, at]) => at)
    const sounds = (name: string) => mounts(name).filter((at) => /prompts|recordings/.test(at ?? ''))
    expect(sounds('suifang')).toEqual([
      'prompts:/var/lib/suifang/prompts',
      'recordings:/var/lib/suifang/recordings',
      './ivr-flows/prompts:/opt/suifang/ivr-flows/prompts:ro',
    ])
    expect(sounds('freeswitch')).toEqual([
      './ivr-flows/prompts:/opt/suifang/ivr-flows/prompts:ro',
      'prompts:/var/lib/suifang/prompts:ro',
      'recordings:/var/lib/suifang/recordings',
    ])
  })

  test('shows no secret to whoever lists the processes of the machine', () => {
    for (const text of services.values()) {
      const [, command = ''] = /^ {4}command:(.*?)(?=^ {4}[a-z])/ms.exec(text) ?? []
      expect(command).not.toMatch(/SECRET|PASSWORD|KEY/)
    }
    expect(healthOf('freeswitch', {}).join(' ')).toContain('"$FREESWITCH_SECRET"')
  })
})

describe('the image', () => {
  test('brings every program that speaks prompts', async () => {
    const [, installed = ''] =
      /apt-get install -y --no-install-recommends (.*?)\s*\\/.exec(await textOf('Dockerfile')) ?? []
    expect(installed.split(' ')).toEqual([...speechTools])
  })
})

describe('the health of FreeSWITCH', () => {
  let softswitch: RunningSoftswitch
  beforeAll(async () => {
    softswitch = await startSoftswitch()
  })
  afterAll(() => softswitch?.close())

  const ask = (secret: string, port: number) => {
    const [, program = '', ...args] = healthOf('freeswitch', {})
    const moved = args.map((arg) => arg.replace('127.0.0.1/8021', `127.0.0.1/${port}`))
    return codeOf(program, moved, { FREESWITCH_SECRET: secret })
  }

  test('is asked by its own password', async () => {
    expect(await ask(softswitch.freeswitch.secret, softswitch.freeswitch.port)).toBe(0)
  })

  test('is bad under another password', async () => {
    expect(await ask('another', softswitch.freeswitch.port)).not.toBe(0)
  })

  test('is bad where nobody listens', async () => {
    expect(await ask(softswitch.freeswitch.secret, await deadPort())).not.toBe(0)
  })
})

describe('the health of Suifang', () => {
  const ask = (port: number) =>
    codeOf(process.execPath, [join(root, 'docker/ready.mjs')], { SUIFANG_BIND: '127.0.0.1', PORT: String(port) })
  const answering = (status: number) => createServer((_request, reply) => reply.writeHead(status).end())

  test('is what the compose file asks for', () => {
    expect(healthOf('suifang', {})).toEqual(['CMD', 'node', 'docker/ready.mjs'])
  })

  test('is good when it is ready', async () => {
    await using server = await listening(answering(200))
    expect(await ask(server.port)).toBe(0)
  })

  test('is bad when it says that it cannot work', async () => {
    await using server = await listening(answering(503))
    expect(await ask(server.port)).toBe(1)
  })

  test('is good over HTTPS with a certificate of its own making', async () => {
    const folder = await testFolder()
    const own = { bind: '0.0.0.0', given: null, dataDir: folder.path, clock: systemClock, names: ['127.0.0.1'] }
    const certificate = await openCertificate(own)
    if (certificate === null) throw new Error('no certificate was made')
    await using server = await listening(
      createSecureServer({ cert: certificate.cert, key: certificate.key }, (_request, reply) => reply.end()),
    )
    expect(await ask(server.port)).toBe(0)
    await folder.close()
  })

  test('is bad where nobody listens', async () => {
    expect(await ask(await deadPort())).toBe(1)
  })
})

/** `${NAME}`, `${NAME:-otherwise}`, `${NAME:+instead}`, `${NAME:?why}`, `$$`: as docker reads them, the innermost first. */
function filledIn(text: string, given: Readonly<Record<string, string>>): string {
  const once = text.replace(
    /(?<!\$)\$\{([A-Z_]+)(?::([-+?])([^{}]*))?\}/g,
    (_all, name: string, mark?: string, word = '') => {
      const value = given[name] ?? ''
      if (mark === '+') return value === '' ? '' : word
      if (mark === '?' && value === '') throw new Error(`${name}: ${word}`)
      return value === '' && mark === '-' ? word : value
    },
  )
  return once === text ? text.replaceAll('$$', '$') : filledIn(once, given)
}

function environmentOf(service: string, given: Readonly<Record<string, string>>): Record<string, string> {
  const [, block = ''] = /^ {4}environment:\n((?: {6}.*\n)+)/m.exec(services.get(service) ?? '') ?? []
  const lines = block.matchAll(/^ {6}([A-Z_]+): (.*)$/gm)
  return Object.fromEntries(
    [...lines].map(([, name = '', value = '']) => [name, filledIn(value.replace(/^"(.*)"$/, '$1'), given)]),
  )
}

/** The words of a service's health check, whether they stand in one line, in a list, or folded. */
function healthOf(service: string, given: Readonly<Record<string, string>>): string[] {
  const [, line = '', list = ''] = /^ {6}test:(?: \[(.*)\])?\n((?: {8}.*\n)*)/m.exec(services.get(service) ?? '') ?? []
  const words = line === '' ? list.split(/^ {8}- /m).slice(1) : line.split(', ')
  return words.map((word) =>
    filledIn(
      word
        .replace(/^>-/, '')
        .replace(/\s*\n\s*/g, ' ')
        .trim(),
      given,
    ),
  )
}

function codeOf(program: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<number> {
  return new Promise((resolve) => {
    const options = { env: { PATH: process.env.PATH, ...env }, timeout: 10_000 }
    const child = execFile(program, args, options, () => resolve(child.exitCode ?? -1))
  })
}

async function listening(server: Server): Promise<{ readonly port: number } & AsyncDisposable> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('it listens nowhere')
  return {
    port: address.port,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

async function deadPort(): Promise<number> {
  const server = await listening(createServer())
  await server[Symbol.asyncDispose]()
  return server.port
}
