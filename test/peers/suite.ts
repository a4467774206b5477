/**
 * A client package's own test suite, run against the softswitch: its `test` folder is copied beside links to the
 * installed package, the docker network's addresses become loopback addresses, `docker` becomes docker-process.ts.
 * Nothing of the suite is kept.
 *
 *     const suite = await openSuite('drachtio-srf')
 *     const run = await suite.run('b2b.js', { NODE_CONFIG: … })
 *     await suite.close()
 */
import { chmod, cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { delimiter, dirname, join } from 'node:path'
import { testFolder } from '../harness/folder.ts'
import { startProcess, type TestProcess } from '../harness/process.ts'
import { type Network, networkOf } from './network.ts'
import { readTap, type TapRun, tapEnd } from './tap.ts'

const root = join(import.meta.dirname, '../..')
const require = createRequire(import.meta.url)

export interface Suite {
  /** The copy of the package's `test` folder. */
  readonly folder: string
  readonly network: Network
  /** Address of every name of the network, also of those that a test gives to a telephone while it runs. */
  readonly hosts: Readonly<Record<string, string>>
  /** Starts the telephones that wait for this file's calls. */
  startTelephones(file: string): Promise<{ close(): Promise<void> }>
  /**
   * Runs one test file (or a folder of mocha tests) in a process of its own.
   * @param config what the suite reads through the package `config`
   */
  run(file: string, config: object): Promise<TapRun & { readonly said: string }>
  close(): Promise<void>
}

export async function openSuite(name: string): Promise<Suite> {
  const temporary = await testFolder()
  const home = join(temporary.path, name)
  const installed = join(root, 'node_modules', name)
  const composeFile = await readFile(join(installed, 'test/docker-compose-testbed.yaml'), 'utf8')
  const network = networkOf(composeFile)
  await mkdir(join(temporary.path, 'bin'))
  await mkdir(home)
  await symlink(join(root, 'node_modules'), join(temporary.path, 'node_modules'))
  for (const part of ['lib', 'package.json']) await symlink(join(installed, part), join(home, part))
  const folder = join(home, 'test')
  const texts = await copyMoved(join(installed, 'test'), folder, network)
  const hosts = { ...Object.fromEntries(network.hosts.map((host) => [host.name, host.address])) }
  for (const text of texts.values()) {
    for (const [, late = ''] of text.matchAll(/sippUas\([^)]*'([\w-]+)'\)/g)) {
      hosts[late] ??= `${network.subnet}.${200 + Object.keys(hosts).length}`
    }
  }
  const docker = join(temporary.path, 'bin/docker')
  await writeFile(
    docker,
    `#!/bin/sh\nexec "${process.execPath}" "${join(import.meta.dirname, 'docker-process.ts')}" "$@"\n`,
  )
  await chmod(docker, 0o755)
  const env = {
    PATH: `${dirname(docker)}${delimiter}${process.env.PATH}`,
    PEERS_HOSTS: JSON.stringify(hosts),
    PEERS_SUBNET: network.subnet,
    NODE_ENV: 'test',
    NODE_CONFIG_DIR: join(temporary.path, 'config'),
    SUPPRESS_NO_CONFIG_WARNING: 'y',
  }

  return {
    folder,
    network,
    hosts,
    startTelephones: (file) => startTelephones(file, folder, network, texts),
    run: async (file, config) => {
      const unit = !file.endsWith('.js')
      const program = unit ? [require.resolve('mocha/bin/mocha.js'), '--reporter', 'tap', file] : [file]
      const run = await startProcess([process.execPath, ...program], {
        cwd: folder,
        env: { ...env, NODE_CONFIG: JSON.stringify(config) },
      })
      try {
        // Sockets it leaves open keep it alive: its last line is the end. One that dies has no such line.
        await run.line(tapEnd, { timeoutMs: 110_000 }).catch(() => {})
      } finally {
        await run.close()
      }
      return { ...readTap(run.lines), said: run.lines.join('\n') }
    },
    close: () => temporary.close(),
  }
}

/** Copies a folder, addresses moved in every text. @returns the texts of its scripts by name */
async function copyMoved(from: string, to: string, network: Network): Promise<Map<string, string>> {
  const texts: { path: string; text: string }[] = []
  await cp(from, to, {
    recursive: true,
    filter: async (source) => {
      if (/\.(js|xml|ya?ml|json)$/.test(source)) texts.push({ path: source, text: await readFile(source, 'utf8') })
      return true
    },
  })
  for (const { path, text } of texts) {
    // Their recordings go to the temporary folder too; brackets inside an attribute are not XML to this sipp.
    const moved = network
      .moved(text)
      .replaceAll("'/tmp/", `'${to}/recordings/`)
      .replace(/="<(.*?)>"/g, '="&lt;$1&gt;"')
    await writeFile(path.replace(from, to), moved)
  }
  return new Map(texts.map(({ path, text }) => [path.slice(from.length + 1), text]))
}

/** Those whose name or address the file, or a script it uses, or the scenario of another of them, speaks of. */
async function startTelephones(
  file: string,
  folder: string,
  network: Network,
  texts: ReadonlyMap<string, string>,
): Promise<{ close(): Promise<void> }> {
  const own = texts.get(file) ?? ''
  const scripts = [...own.matchAll(/require\('\.\/(scripts\/[\w-]+)(?:\.js)?'\)/g)].map(([, path]) =>
    texts.get(`${path}.js`),
  )
  let spoken = network.moved([own, ...scripts].join('\n'))
  const wanted = new Set<Network['hosts'][number]>()
  for (let before = -1; before < wanted.size; ) {
    before = wanted.size
    for (const host of network.hosts) {
      if (host.scenario === undefined || wanted.has(host) || !isSpokenOf(host, spoken)) continue
      wanted.add(host)
      spoken += network.moved(texts.get(`scenarios/${host.scenario}`) ?? '')
    }
  }
  const running: TestProcess[] = []
  for (const host of wanted) {
    const scenario = join(folder, 'scenarios', host.scenario ?? '')
    const address = ['-i', host.address, '-mi', host.address, '-p', '5060']
    running.push(await startProcess(['sipp', '-sf', scenario, '-nostdin', ...address], { cwd: folder }))
  }
  return {
    close: async () => {
      await Promise.all(running.map((telephone) => telephone.close()))
    },
  }
}

function isSpokenOf(host: Network['hosts'][number], text: string): boolean {
  return new RegExp(`(?<![\\w.-])(?:${host.name}|${host.address.replaceAll('.', '\\.')})(?![\\w-]|\\.\\d)`).test(text)
}
