/** Our softswitch as the contract's pair: the process that production starts, on free ports. */
import { openSoftswitch } from '#softswitch/softswitch-process.ts'
import type { SoftswitchSettings } from '#softswitch/softswitch-settings.ts'
import type { MediaServerAddress } from '#telephony/media-server-address.ts'
import type { SipServerAddress } from '#telephony/sip-link.ts'

export interface RunningSoftswitch {
  readonly drachtio: SipServerAddress
  readonly freeswitch: MediaServerAddress
  readonly sipWs: { readonly host: string; readonly port: number }
  close(): Promise<void>
}

export async function startSoftswitch(settings: Partial<SoftswitchSettings> = {}): Promise<RunningSoftswitch> {
  const softswitch = await openSoftswitch({ settings })
  const { drachtio, freeswitch } = softswitch.state
  return {
    drachtio,
    freeswitch,
    sipWs: { host: drachtio.sipWsHost, port: drachtio.sipWsPort },
    close: () => softswitch.close(),
  }
}
