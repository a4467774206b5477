/** Where a FreeSWITCH listens for its event socket, and its password. */
export interface MediaServerAddress {
  readonly host: string
  readonly port: number
  readonly secret: string
}

/** `host:port`: how a media server is named in rows (`mediaHost`) and logs. */
export function mediaServerName({ host, port }: MediaServerAddress): string {
  return `${host}:${port}`
}
