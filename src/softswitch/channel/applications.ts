/** The applications that a channel can execute, by name. What is not here is refused as the real server refuses it. */

import {
  answer,
  enableHeartbeat,
  event,
  flushDtmf,
  hangup,
  nothing,
  park,
  scheduleHangup,
  scheduleHeartbeat,
  sendDtmf,
  setMute,
  sleep,
  socket,
  startDtmf,
  stopDtmf,
} from './applications/call-control.ts'
import { conference } from './applications/conference.ts'
import { displaceSession, stopDisplaceSession } from './applications/displace.ts'
import { eavesdrop } from './applications/eavesdrop.ts'
import { playAndGetDigits } from './applications/play-and-get-digits.ts'
import { endlessPlayback, gentones, playback } from './applications/playback.ts'
import { record, recordSession, stopRecordSession } from './applications/recording.ts'
import { say, speak, stopToneDetect, toneDetect } from './applications/tones.ts'
import { scheduleBroadcast, scheduleTransfer, transferTo } from './applications/transfer.ts'
import { exportVariable, multiset, set, unset } from './applications/variables.ts'
import type { Channel } from './channel.ts'
import type { ExecuteFrame } from './execute-stack.ts'

/** @returns nothing when it is done at once, else when it has ended */
export type Application = (channel: Channel, argument: string, frame: ExecuteFrame) => Promise<void> | void

const APPLICATIONS: ReadonlyMap<string, Application> = new Map<string, Application>([
  ['answer', answer],
  ['conference', conference],
  ['eavesdrop', eavesdrop],
  ['enable_heartbeat', enableHeartbeat],
  ['endless_playback', endlessPlayback],
  ['displace_session', displaceSession],
  ['eval', nothing],
  ['event', event],
  ['export', exportVariable],
  ['flush_dtmf', flushDtmf],
  ['gentones', gentones],
  ['hangup', hangup],
  ['info', nothing],
  ['log', nothing],
  ['multiset', multiset],
  ['park', park],
  ['play_and_get_digits', playAndGetDigits],
  ['playback', playback],
  ['pre_answer', nothing],
  ['record', record],
  ['record_session', recordSession],
  ['ring_ready', nothing],
  ['say', say],
  ['sched_broadcast', scheduleBroadcast],
  ['sched_hangup', scheduleHangup],
  ['sched_heartbeat', scheduleHeartbeat],
  ['sched_transfer', scheduleTransfer],
  ['send_dtmf', sendDtmf],
  ['set', set],
  ['set_mute', setMute],
  ['sleep', sleep],
  ['socket', socket],
  ['speak', speak],
  ['start_dtmf', startDtmf],
  ['stop_displace_session', stopDisplaceSession],
  ['stop_dtmf', stopDtmf],
  ['stop_record_session', stopRecordSession],
  ['transfer', transferTo],
  ['stop_tone_detect', stopToneDetect],
  ['tone_detect', toneDetect],
  ['unset', unset],
])

export function applicationNamed(name: string): Application | undefined {
  return APPLICATIONS.get(name.toLowerCase())
}
