import { join } from 'node:path'
import { hasSimulatedTrunk } from '#contact-center/trunks/trunk-store.ts'
import type { GroundFloor } from '#platform/ground.ts'
import type { TunnelAddress } from '#platform/http/tunnel.ts'
import { openEmbeddedSwitch } from '#telephony/embedded-switch.ts'
import type { MediaServerAddress } from '#telephony/media-server-address.ts'
import type { SipServerAddress } from '#telephony/sip-link.ts'
import { openSimulatedCarrier } from './carrier.ts'

/** The servers that carry the calls. */
export interface Servers {
  readonly drachtio: SipServerAddress
  readonly freeswitches: readonly MediaServerAddress[]
  /** Where drachtio takes SIP over WebSockets, if anywhere. */
  readonly sipWs: TunnelAddress | null
  /** Our own stand-ins. */
  readonly embedded: boolean
}

/** The pair that is configured, or our own; and the simulated carrier where a trunk leads to it. */
export async function openServers(
  { settings, db, log, clock }: GroundFloor,
  opened: AsyncDisposableStack,
): Promise<Servers> {
  const { dataDir, bind, sipPort } = settings
  if (await hasSimulatedTrunk(db)) {
    const carrier = await openSimulatedCarrier({ db, log, clock, stateFile: join(dataDir, 'carrier.json') })
    opened.defer(() => carrier.close())
  }
  if (settings.switches !== null) {
    return {
      drachtio: settings.switches.drachtio,
      freeswitches: settings.switches.freeswitch,
      sipWs: settings.sipWs,
      embedded: false,
    }
  }
  const pair = await openEmbeddedSwitch({ dataDir, bind, sipPort, log, clock })
  opened.defer(() => pair.close())
  return {
    drachtio: pair.drachtio,
    freeswitches: pair.freeswitches,
    sipWs: settings.sipWs ?? pair.sipWs,
    embedded: true,
  }
}
