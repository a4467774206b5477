/** The docker network of a suite, as its compose file draws it, put on loopback addresses of this machine. */

export interface NetworkHost {
  readonly name: string
  /** Of this machine. */
  readonly address: string
  /** Scenario file of a sipp that waits there; undefined for a server. */
  readonly scenario: string | undefined
}

export interface Network {
  /** First three numbers of every address in it. */
  readonly subnet: string
  readonly hosts: readonly NetworkHost[]
  /** A text of the suite with the network's addresses in it. */
  moved(text: string): string
}

/** Each network of a run gets its own 127.x.y; two runs at once (other processes) hardly meet. */
let next = 0

export function networkOf(composeFile: string): Network {
  next += 1
  const subnet = `127.${64 + (process.pid % 128)}.${next}`
  const moved = (text: string) => text.replace(/\b172\.2[89]\.0\.(\d+)\b/g, `${subnet}.$1`)
  const hosts = composeFile.split(/\n(?= {2}\S)/).flatMap((service) => {
    const name = /container_name: (\S+)/.exec(service)?.[1]
    const address = /ipv4_address: (\S+)/.exec(service)?.[1]
    if (name === undefined || address === undefined) return []
    return [{ name, address: moved(address), scenario: /command: sipp -sf \/tmp\/(\S+)/.exec(service)?.[1] }]
  })
  return { subnet, hosts, moved }
}
