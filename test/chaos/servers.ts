/**
 * The servers that carry a hospital's calls: its own softswitch, or the pair that is named in the environment as for
 * test/contract (`SWITCH=real`). Of the latter there is one for all hospitals.
 */
import { join } from 'node:path'
import { sql } from 'kysely'
import { readSettings } from '../../src/platform/settings/settings.ts'
import { softswitchState } from '../../src/softswitch/softswitch-state.ts'
import { sipAddressOf } from '../contract/register-client.ts'
import { EventSocketClient } from '../contract/wire/event-socket-client.ts'
import { waitFor } from '../harness/wait-for.ts'
import type { Hospital } from './hospital.ts'

/** Waits until the media server carries no channel of this hospital any more, be it a patient's or an agent's. */
export async function noChannelLeft(hospital: Pick<Hospital, 'ground' | 'rows'>): Promise<void> {
  const server = readSettings().switches?.freeswitch[0] ?? (await softswitchOf(hospital)).freeswitch
  const client = await EventSocketClient.signIn(server)
  try {
    let left: readonly string[] = []
    const none = async () => {
      left = await channelsOf(hospital, client)
      return left.length === 0
    }
    await waitFor(none, { what: 'the last channel to go', timeoutMs: 20_000 }).catch((cause) => {
      throw new Error(`channels were left on the media server: ${left.join(', ')}`, { cause })
    })
  } finally {
    client.close()
  }
}

async function channelsOf(hospital: Pick<Hospital, 'rows'>, client: EventSocketClient): Promise<readonly string[]> {
  const owners = await hospital.rows<{ id: string }>(sql`select id from attempt union all select id from seat`)
  const ours = new Set(owners.map(({ id }) => id))
  const listed = (await client.api('show channels')).match(/^[0-9a-f-]{36}(?=,)/gm) ?? []
  const found: string[] = []
  for (const uuid of listed) {
    // From the INVITE that made it: there from its first moment on.
    const attemptId = await client.api(`uuid_getvar ${uuid} sip_h_X-Suifang-Attempt`)
    const seatId = await client.api(`uuid_getvar ${uuid} sip_h_X-Suifang-Seat`)
    if (ours.has(attemptId.trim()) || ours.has(seatId.trim())) found.push(uuid)
  }
  return found
}

/** Where its telephones register: SIP over UDP of drachtio. */
export async function registrarOf(hospital: Pick<Hospital, 'ground'>): Promise<{ host: string; port: number }> {
  return sipAddressOf(readSettings().switches?.drachtio ?? (await softswitchOf(hospital)).drachtio)
}

/** What a hospital's own softswitch says of itself. */
export async function softswitchOf({ ground }: Pick<Hospital, 'ground'>) {
  const state = await softswitchState.read(join(ground.settings.dataDir, 'softswitch.json'))
  if (state === null) throw new Error('no softswitch is known')
  return state
}
