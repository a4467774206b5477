import { readdir, readFile, readlink } from 'node:fs/promises'

/**
 * Processes that have to do with a folder: it stands in their command line, their environment, or is where they work.
 * Whoever asks is left out.
 */
export async function processesOf(folder: string): Promise<readonly { pid: number; command: string }[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
  const found = await Promise.all(
    pids.map(async (pid) => {
      // A process may end while it is looked at.
      const [command, environment, workplace] = await Promise.all([
        readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''),
        readFile(`/proc/${pid}/environ`, 'utf8').catch(() => ''),
        readlink(`/proc/${pid}/cwd`).catch(() => ''),
      ])
      const has = [command, environment, workplace].some((text) => text.includes(folder))
      return has ? [{ pid: Number(pid), command: command.replaceAll('\0', ' ').trim() }] : []
    }),
  )
  return found.flat()
}

/** Ports on which these processes listen (TCP) or are bound (UDP). */
export async function portsOf(pids: readonly number[]): Promise<readonly OpenPort[]> {
  const sockets = new Set<string>()
  for (const pid of pids) {
    for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      const inode = /^socket:\[(\d+)\]$/.exec(await readlink(`/proc/${pid}/fd/${fd}`).catch(() => ''))?.[1]
      if (inode !== undefined) sockets.add(inode)
    }
  }
  return (await openPorts()).filter(({ inode }) => sockets.has(inode))
}

const listening = '0A'

export interface OpenPort {
  /** As `tcp 127.0.0.1:8080` in the kernel's hexadecimal. */
  readonly port: string
  /** Of the socket: what it has at another time is another socket's. */
  readonly inode: string
}

/** All of this machine's. */
export async function openPorts(): Promise<readonly OpenPort[]> {
  const tables = await Promise.all(
    ['tcp', 'tcp6', 'udp', 'udp6'].map(async (table) =>
      (await readFile(`/proc/net/${table}`, 'utf8').catch(() => ''))
        .split('\n')
        .slice(1)
        .map((line) => line.trim().split(/\s+/))
        .filter(([, , , state]) => table.startsWith('udp') || state === listening)
        .map((fields) => ({ port: `${table} ${fields[1]}`, inode: fields[9] ?? '' })),
    ),
  )
  return tables.flat()
}
