import { join } from 'node:path'
import { type Clock, systemClock } from '#platform/clock.ts'
import { OperationalError } from '#platform/errors/errors.ts'
import { keepProcess } from '#platform/kept-process.ts'
import type { Log } from '#platform/log.ts'
import { openSoftswitch, REFUSED_LINE, type SoftswitchProcess } from '#softswitch/softswitch-process.ts'
import type { MediaServerAddress } from './media-server-address.ts'
import type { SipServerAddress } from './sip-link.ts'
import './telephony-errors.ts'

export interface EmbeddedSwitchOptions {
  /** Its state file lies here, so that an application that was killed finds it again. Absolute. */
  readonly dataDir: string
  /** Numeric address of all its sockets. Default: loopback. */
  readonly bind?: string
  /** Where desk phones find it. Default: any free port, another at each start. */
  readonly sipPort?: number
  readonly log: Log
  readonly clock?: Clock
}

/** The softswitch that stands in for drachtio and FreeSWITCH where neither is configured. */
export interface EmbeddedSwitch {
  readonly drachtio: SipServerAddress
  /** Where browsers' phones find it: SIP over WebSocket. */
  readonly sipWs: { readonly host: string; readonly port: number }
  readonly freeswitches: readonly MediaServerAddress[]
  /** It was running already, with the calls of the application before us. */
  readonly adopted: boolean
  /** Its process at this moment. */
  readonly pid: number
  /** Ends it in order; calls get their BYE. Idempotent. */
  close(): Promise<void>
}

/**
 * Starts the softswitch as a child process, or adopts the one that runs on this data folder. If it dies it is started
 * again on the same ports with the same secrets, so that whoever was connected finds it again.
 * @throws OperationalError SWITCH_NOT_STARTED
 */
export async function openEmbeddedSwitch(options: EmbeddedSwitchOptions): Promise<EmbeddedSwitch> {
  const { dataDir, bind = '127.0.0.1', sipPort = 0, log, clock = systemClock } = options
  const stateFile = join(dataDir, 'softswitch.json')
  const onLog = (line: string) => {
    const isWarning = line.includes(`"message":"${REFUSED_LINE}"`)
    log[isWarning ? 'warn' : 'debug']({ softswitch: line }, 'softswitch says')
  }
  let first: SoftswitchProcess
  try {
    first = await openSoftswitch({ stateFile, settings: { bind, drachtioSipPort: sipPort }, onLog })
  } catch (error) {
    const reason = 'its process ended'
    throw new OperationalError(
      'SWITCH_NOT_STARTED',
      { process: 'softswitch', reason, logFile: 'the log' },
      { cause: error },
    )
  }
  const { drachtio, freeswitch } = first.state
  const settings = {
    bind,
    drachtioPort: drachtio.port,
    drachtioSipPort: drachtio.sipPort,
    sipWsPort: drachtio.sipWsPort,
    drachtioSecret: drachtio.secret,
    freeswitchPort: freeswitch.port,
    freeswitchSipPort: freeswitch.sipPort,
    freeswitchSecret: freeswitch.secret,
  }
  log.info(
    { pid: first.state.pid, adopted: first.adopted },
    'the embedded softswitch runs: for trials and small offices (8 seats, 30 lines)',
  )

  const kept = keepProcess(first, {
    name: 'the softswitch',
    start: () => openSoftswitch({ stateFile, settings, onLog }),
    clock,
    log,
  })

  return {
    drachtio,
    sipWs: { host: drachtio.sipWsHost, port: drachtio.sipWsPort },
    freeswitches: [freeswitch],
    adopted: first.adopted,
    get pid() {
      return kept.current.state.pid
    },
    close: () => kept.close(),
  }
}
