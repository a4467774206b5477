/**
 * The stand-in for FreeSWITCH as one thing to open and close: media engine, gateway for browsers, SIP profile, event
 * socket.
 *
 *     const freeswitch = await FreeSwitch.start({ password: 'secret' })
 *     new Mrf(srf).connect({ address: '127.0.0.1', port: freeswitch.eventSocketPort, secret: 'secret', … })
 *     await freeswitch.close()
 */

import { type SipPeers, thisMachine } from './channel/sip-peers.ts'
import { SipProfile } from './channel/sip-profile.ts'
import { SwitchCore } from './channel/switch-core.ts'
import type { Impairment } from './chaos/impairment.ts'
import { EventSocketServer } from './event-socket/event-socket-server.ts'
import { MediaEngine } from './media/media-engine.ts'
import type { OnRefused } from './refusal-book.ts'
import type { RequestGateSettings } from './sip/request-gate.ts'
import type { SipTimerSettings } from './sip/sip-timers.ts'
import { Gateway } from './webrtc/gateway.ts'

/** Clients ask for the profile by this name. */
const PROFILE = 'drachtio_mrf'
const MOST_SESSIONS = 1000

export interface FreeSwitchSettings {
  /** Numeric address of SIP and sound. Default 127.0.0.1. */
  readonly address?: string
  /** Of the event socket. Default: `address`. */
  readonly eventSocketAddress?: string
  /** Who may ask for media by SIP. Default: this machine. */
  readonly sipPeers?: SipPeers
  /** 0 = any free port (the default). */
  readonly sipPort?: number
  readonly eventSocketPort?: number
  readonly rtpPortFrom?: number
  readonly rtpPortTo?: number
  /** Of the event socket. */
  readonly password: string
  /** Where relative paths of prompts and recordings begin. Default: the working folder. */
  readonly baseFolder?: string
  readonly maxSessions?: number
  readonly sipTimers?: SipTimerSettings
  /** How much strangers may ask by SIP. Default: anything. */
  readonly gate?: RequestGateSettings
  readonly onRefused?: OnRefused
  /** A bad network for SIP and, by `media.impair`, for sound. For tests. */
  readonly impairment?: Impairment
  /** Default: nothing is logged. */
  readonly log?: (message: string, details: Readonly<Record<string, unknown>>) => void
}

export class FreeSwitch {
  readonly core: SwitchCore
  readonly media: MediaEngine
  readonly profile: SipProfile
  readonly eventSocket: EventSocketServer

  /** @throws when a port cannot be bound or the media worker does not start; nothing is left open then */
  static async start(settings: FreeSwitchSettings): Promise<FreeSwitch> {
    const address = settings.address ?? '127.0.0.1'
    const { log = () => {}, onRefused = () => {} } = settings
    const ports = { address, portFrom: settings.rtpPortFrom ?? 0, portTo: settings.rtpPortTo ?? 0 }
    const media = await MediaEngine.start({ ...ports, mayBeImpaired: settings.impairment !== undefined })
    media.onStrangers((address, packets) => onRefused('rtp_stranger', address, packets))
    const gateway = new Gateway({ ...ports, log })
    const core = new SwitchCore({
      media,
      gateway,
      address,
      baseFolder: settings.baseFolder ?? process.cwd(),
      maxSessions: settings.maxSessions ?? MOST_SESSIONS,
      log,
    })
    const opened: { close(): Promise<void> }[] = [media, core]
    try {
      const eventSocket = await EventSocketServer.open({
        core,
        address: settings.eventSocketAddress ?? address,
        port: settings.eventSocketPort ?? 0,
        password: settings.password,
        onRefused,
      })
      opened.unshift(eventSocket)
      const profile = await SipProfile.open({
        core,
        name: PROFILE,
        address,
        port: settings.sipPort ?? 0,
        peers: settings.sipPeers ?? thisMachine(address),
        timers: settings.sipTimers ?? {},
        onRefused,
        ...(settings.gate === undefined ? {} : { gate: settings.gate }),
        ...(settings.impairment === undefined ? {} : { impairment: settings.impairment }),
      })
      return new FreeSwitch({ core, media, profile, eventSocket })
    } catch (error) {
      for (const thing of opened) await thing.close()
      throw error
    }
  }

  private constructor(parts: Pick<FreeSwitch, 'core' | 'media' | 'profile' | 'eventSocket'>) {
    this.core = parts.core
    this.media = parts.media
    this.profile = parts.profile
    this.eventSocket = parts.eventSocket
    this.core.profiles.push(this.profile)
  }

  get sipPort(): number {
    return this.profile.port
  }

  get eventSocketPort(): number {
    return this.eventSocket.port
  }

  /** Hangs up every channel (recordings are whole then), says goodbye to the clients, frees every port. Idempotent. */
  async close(): Promise<void> {
    await this.core.close()
    await this.profile.close()
    await this.eventSocket.close()
    await this.core.settings.gateway.close()
    await this.media.close()
  }
}
