/**
 * Our drachtio server and our FreeSWITCH in this process, and an application on them as production has it: drachtio-srf
 * and drachtio-fsmrf over real sockets.
 */
import { createRequire } from 'node:module'
import type { Socket } from 'node:net'
import { DrachtioServer } from '#softswitch/drachtio/drachtio-server.ts'
import { FreeSwitch, type FreeSwitchSettings } from '#softswitch/freeswitch.ts'
import { connectSrf, killSrf, newSrf, type Srf, type SrfDialog, type SrfRequest, type SrfResponse } from './srf.ts'

export interface EslEvent {
  getHeader(name: string): string
  getBody(): string
}

/** drachtio-fsmrf's endpoint with what the tests use of it. */
export interface MrfEndpoint {
  readonly uuid: string
  readonly conn: {
    readonly socket: Socket | null
    subscribe(events: string): void
    on(name: string, listener: (event: EslEvent) => void): void
  }
  readonly dialog: SrfDialog
  readonly local: { readonly sdp: string; readonly mediaIp: string; readonly mediaPort: string }
  readonly remote: { readonly sdp: string }
  readonly dtmfType: string
  on(event: 'dtmf', listener: (digit: { dtmf: string; duration: string; source: string }) => void): this
  on(event: 'destroy', listener: (why?: { reason: string }) => void): this
  on(event: 'playback-start' | 'playback-stop', listener: (told: { file: string }) => void): this
  play(file: string | string[] | { file: string; seekOffset?: number; timeoutSecs?: number }): Promise<{
    playbackSeconds: string
    playbackMilliseconds: string
    playbackLastOffsetPos: string
  }>
  playCollect(options: Record<string, string | number>): Promise<{
    digits: string | null
    invalidDigits: string | null
    terminatorUsed: string | null
  }>
  record(
    file: string,
    options?: { timeLimitSecs?: number; silenceThresh?: number; silenceHits?: number },
  ): Promise<{ terminatorUsed: string; recordSeconds: string; recordMilliseconds: string; recordSamples: string }>
  recordSession(file: string): Promise<unknown>
  set(name: string, value: string): Promise<unknown>
  set(values: Record<string, string>): Promise<unknown>
  api(command: string, args: string): Promise<EslEvent>
  join(
    conference: string,
    options?: { profile?: string; flags?: Record<string, boolean> },
  ): Promise<{ memberId: number; confUuid: string }>
  confMute(): Promise<string>
  confUnmute(): Promise<string>
  confPlay(file: string): Promise<EslEvent>
  unjoin(): Promise<string>
  execute(application: string, argument?: string): Promise<EslEvent>
  getChannelVariables(media?: boolean): Promise<Record<string, string | number>>
  modify(sdp: string): Promise<string>
  destroy(): Promise<void>
}

interface EndpointOptions {
  readonly remoteSdp?: string
  readonly headers?: Record<string, string>
  /** Our offer is one of SRTP. */
  readonly srtp?: boolean
}

export interface MrfServer {
  readonly sip: { ipv4: { udp: { address: string } } }
  createEndpoint(options?: EndpointOptions): Promise<MrfEndpoint>
  connectCaller(request: SrfRequest, response: SrfResponse): Promise<{ endpoint: MrfEndpoint; dialog: SrfDialog }>
  api(command: string): Promise<string>
  disconnect(): void
}

const Mrf: new (srf: Srf) => { connect(options: Record<string, unknown>): Promise<MrfServer> } = createRequire(
  import.meta.url,
)('drachtio-fsmrf')

export const eventSocketPassword = 'Clue & Con'

export interface MediaPair {
  readonly drachtio: DrachtioServer
  readonly freeswitch: FreeSwitch
  readonly srf: Srf
  readonly media: MrfServer
  /** Faults that the servers have logged. */
  readonly faults: unknown[]
  /** An endpoint with its connection told not to wait for more to send. */
  endpoint(options?: EndpointOptions): Promise<MrfEndpoint>
  close(): Promise<void>
}

/** drachtio-fsmrf's connection to a media server of this machine. */
export function connectMedia(srf: Srf, server: { port: number; secret: string }): Promise<MrfServer> {
  const { port, secret } = server
  return new Mrf(srf).connect({ address: '127.0.0.1', port, secret, listenAddress: '127.0.0.1' })
}

export async function openMediaPair(settings: Partial<FreeSwitchSettings> = {}): Promise<MediaPair> {
  const faults: unknown[] = []
  const freeswitch = await FreeSwitch.start({
    password: eventSocketPassword,
    log: (message, details) => faults.push({ message, ...details }),
    ...settings,
  })
  const drachtio = await DrachtioServer.open({
    sip: { address: '127.0.0.1' },
    secret: 'test',
    onFault: (error) => faults.push(error),
  })
  const srf = newSrf()
  await connectSrf(srf, { port: drachtio.port, secret: 'test' })
  const media = await connectMedia(srf, { port: freeswitch.eventSocketPort, secret: eventSocketPassword })
  return {
    drachtio,
    freeswitch,
    srf,
    media,
    faults,
    async endpoint(options) {
      const endpoint = await media.createEndpoint(options)
      endpoint.conn.socket?.setNoDelay(true)
      return endpoint
    },
    async close() {
      media.disconnect()
      killSrf(srf)
      await freeswitch.close()
      await drachtio.close()
    },
  }
}
