/**
 * What the suites find as `docker` in their PATH. They start telephones with it, and nothing else:
 *
 *     docker run --rm --net <network> [--name <host>] -v <folder>:/tmp/scenarios drachtio/sipp sipp -sf … [drachtio-sut]
 *
 * Here that is the system's sipp, at the address the network (PEERS_HOSTS) has for the name, or at one of its own.
 */
import { spawn } from 'node:child_process'

const [verb, ...args] = process.argv.slice(2)
const hosts: Record<string, string> = JSON.parse(process.env.PEERS_HOSTS ?? '{}')
const subnet = process.env.PEERS_SUBNET ?? '127.0.0'
const program = args.indexOf('sipp')
if (verb !== 'run' || program < 0) throw new Error(`only "docker run … sipp …" is known here, not: ${process.argv}`)

const name = optionOf('--name')
const [from = '', at = ''] = optionOf('-v')?.split(':') ?? []
// Two callers at once stand at two addresses; 100 to 199 belong to no name.
const address = name === undefined ? `${subnet}.${100 + (process.pid % 100)}` : hosts[name]
if (address === undefined) throw new Error(`the network has no host ${name}`)
const wishes = args.slice(program + 1).map((wish) => hosts[wish] ?? wish.replace(at, from))
const child = spawn('sipp', ['-i', address, '-mi', address, '-p', '5060', ...wishes], { stdio: 'inherit' })
child.on('exit', (code) => process.exit(code ?? 1))

function optionOf(option: string): string | undefined {
  const at = args.indexOf(option)
  return at < 0 || at > program ? undefined : args[at + 1]
}
