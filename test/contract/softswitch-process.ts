import type { MediaServerAddress } from '#telephony/media-server-address.ts'
import type { SipServerAddress } from '#telephony/sip-link.ts'

export interface RunningSoftswitch {
  readonly drachtio: SipServerAddress
  readonly freeswitch: MediaServerAddress
  close(): Promise<void>
}
export async function startSoftswitch(): Promise<RunningSoftswitch> {
  throw new Error('not yet')
}
