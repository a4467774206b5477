/** Where a FreeSWITCH listens for its event socket, and what it asks. */
export interface MediaServerAddress {
  readonly host: string
  readonly port: number
  readonly secret: string
  /** `host:port`: how the server is named in rows and logs. */
  readonly name: string
}

const defaultPort = 8021

/**
 * Reads `FREESWITCH_HOSTS`: a comma-separated list of `host` or `host:port`.
 * @returns one address each, in the order given, repetitions dropped
 * @throws RangeError for a port that is none
 */
export function readMediaServers(list: string, secret: string): readonly MediaServerAddress[] {
  const names = new Map<string, MediaServerAddress>()
  for (const entry of list
    .split(',')
    .map((text) => text.trim())
    .filter(Boolean)) {
    const [, host = entry, port = String(defaultPort)] = /^(\[[^\]]+\]|[^:]+)(?::(.*))?$/.exec(entry) ?? []
    const address = mediaServerAddress({ host, port: Number(port), secret })
    names.set(address.name, address)
  }
  return [...names.values()]
}

/** @throws RangeError for a port that is none */
export function mediaServerAddress(at: {
  readonly host: string
  readonly port: number
  readonly secret: string
}): MediaServerAddress {
  if (!Number.isInteger(at.port) || at.port < 1 || at.port > 65_535) {
    throw new RangeError(`${at.host} is given with a port that is none: ${at.port}`)
  }
  return { ...at, name: `${at.host}:${at.port}` }
}
