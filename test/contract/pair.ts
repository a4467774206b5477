/**
 * The pair of servers that the contract is proved on. `SWITCH=embedded` (the default) starts our softswitch;
 * `SWITCH=real` takes the drachtio-server and FreeSWITCH that DRACHTIO_HOST, DRACHTIO_PORT, DRACHTIO_SECRET,
 * FREESWITCH_HOSTS, FREESWITCH_SECRET and SUIFANG_SIP_WS name, started by hand with sip-config/ on this machine.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLog } from '#platform/log.ts'
import { readSettings } from '#platform/settings/settings.ts'
import type { SoftswitchSettings } from '#softswitch/softswitch-settings.ts'
import type { MediaServerAddress } from '#telephony/media-server-address.ts'
import { openTelephony, type TelephonyOptions } from '#telephony/open-telephony.ts'
import type { SipServerAddress } from '#telephony/sip-link.ts'
import type { Telephony } from '#telephony/telephony.ts'
import { sine } from '../harness/tones.ts'
import { startSoftswitch } from './softswitch-process.ts'

export const isReal = process.env.SWITCH === 'real'

export interface Pair {
  readonly drachtio: SipServerAddress
  readonly freeswitch: MediaServerAddress
  /** Where drachtio takes SIP over WebSockets; of the real one SUIFANG_SIP_WS tells it. */
  readonly sipWs: string
  /** A folder that both the test and the media server see. */
  readonly folder: string
  /** Path of a WAV file with `milliseconds` of a tone. */
  tone(frequency: number, milliseconds: number): Promise<string>
  telephony(options?: Pick<TelephonyOptions, 'holdMusic' | 'seatMediaTimeoutMs' | 'house'>): Promise<Telephony>
  close(): Promise<void>
}

/** @param settings of our softswitch; the real pair has what it was started with */
export async function openPair(settings: Partial<SoftswitchSettings> = {}): Promise<Pair> {
  const { drachtio, freeswitch, sipWs, close } = isReal ? realPair() : await startSoftswitch(settings)
  const tones = new Map<string, Promise<void>>()
  const folder = await mkdtemp(join(tmpdir(), 'suifang-contract-'))
  return {
    drachtio,
    freeswitch,
    sipWs: sipWs === null ? 'ws://SUIFANG_SIP_WS-is-not-set' : `ws://${sipWs.host}:${sipWs.port}`,
    folder,
    // Written once: tests that run side by side may hear it already.
    async tone(frequency, milliseconds) {
      const path = join(folder, `tone-${frequency}-${milliseconds}.wav`)
      const written = tones.get(path) ?? writeFile(path, wav(sine(frequency, milliseconds * 8)))
      tones.set(path, written)
      await written
      return path
    },
    telephony: (options = {}) => openTelephony({ drachtio, freeswitches: [freeswitch], log: silentLog, ...options }),
    async close() {
      await close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function realPair() {
  const { switches, sipWs } = readSettings()
  const freeswitch = switches?.freeswitch[0]
  if (switches === null || freeswitch === undefined) throw new Error('SWITCH=real, but no servers are named')
  return { drachtio: switches.drachtio, freeswitch, sipWs, close: async () => {} }
}

/** 16-bit mono at 8 kHz. */
function wav(samples: Int16Array): Buffer {
  const header = Buffer.alloc(44)
  header.write('RIFF', 0)
  header.writeUInt32LE(36 + samples.byteLength, 4)
  header.write('WAVEfmt ', 8)
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(1, 20)
  header.writeUInt16LE(1, 22)
  header.writeUInt32LE(8_000, 24)
  header.writeUInt32LE(16_000, 28)
  header.writeUInt16LE(2, 32)
  header.writeUInt16LE(16, 34)
  header.write('data', 36)
  header.writeUInt32LE(samples.byteLength, 40)
  return Buffer.concat([header, Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength)])
}
