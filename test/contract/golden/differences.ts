/** What of a golden transcript is not compared, each with its reason. Everything else must be the same. */
import type { Said } from './transcript.ts'

/** Events that only the real server sends. */
const onlyThere = new Set(['API', 'CODEC', 'MEDIA_BUG_START', 'MEDIA_BUG_STOP', 'PRIVATE_COMMAND'])

/** Times of a call as the real server tells them several times over: `variable_answer_stamp`, `variable_billusec`. */
const timesOfTheCall =
  /^variable_(\w+_(stamp|epoch|uepoch)|\w*(answer|bill|progress|progress_media|wait)[mu]?sec|hold_accum_\w+|[mu]?duration)$/

const headersNotCompared: readonly (readonly [which: RegExp, why: string])[] = [
  [/^FreeSWITCH-IPv[46]$/, 'the machine'],
  [/^(Caller-Context|Conference-Domain)$/, 'named by the site’s configuration'],
  [/^variable_(RECORD_MIN_SEC|RECORD_STEREO|playback_terminators|enable_file_write_buffering)$/, 'the site’s dialplan'],
  [/^variable_(current_application|current_application_data)$/, 'the dialplan’s last, until a client’s first'],
  [/^Channel-Read-Codec-(Name|Bit-Rate)$/, 'a member of a room is read as L16 there'],
  [/^Caller-Channel-Hangup-Time$/, 'told from CHANNEL_HANGUP on; there from CHANNEL_HANGUP_COMPLETE on'],
  [/^variable_sip_hangup_disposition$/, 'told from CHANNEL_HANGUP on; there a little later'],
  [/^(Floor|New-ID|Old-ID)$/, 'nobody talks here: the floor is the first one’s'],
  [/^(Member-ID|variable_conference_member_id)$/, 'counted since the server began'],
  [/^Current-Energy$/, 'how loud the line was just then'],
  [/^variable_playback_(ms|samples|seconds|last_offset_pos)$/, 'how long it was played'],
  [/^variable_record_(ms|samples|seconds|file_size)$/, 'how long it was recorded'],
  [timesOfTheCall, 'how long the call was'],
  [/^variable_rtp_audio_(in|out|rtcp)_/, 'counted packets'],
  [/^variable_rtp_(local_sdp_str|use_ssrc)$/, 'made up for each call'],
  [/^variable_sip_(contact|from|full|invite|network|received|req|term|to|via)_\w+$/, 'the INVITE once more, in parts'],
  [/^variable_sip_(cseq|contact_uri)$/, 'the INVITE once more, in parts'],
  [
    /^variable_(rtp_audio_recv_pt|rtp_last_audio_codec_string|rtp_use_(codec_(channels|string)|timer_name)|ep_codec_string)$/,
    'how a codec was chosen: here there is one',
  ],
  [/^variable_(audio|text|video|remote_(audio|text|video))_media_flow$/, 'directions of streams that are not there'],
  [
    /^variable_(app_session_uuid|caller_id|current_loop|digits_dialed|last_app|last_arg|max_forwards|original_read_(codec|rate)|proto_specific_hangup_cause|recovery_profile_name|session_id|socket_host|sofia_profile_url|total_loops|advertised_media_ip)$/,
    'told by one of both only; no client library reads it',
  ],
]

/** Contact in 180: RFC 3261 §12.1.1 wants it where a dialogue begins; the real server leaves it out. */
const sipNotCompared = new Set(['Contact'])

export function comparable(said: readonly Said[]): readonly Said[] {
  return [...said.filter(({ by }) => by !== 'event').map(plain), ...eventsOfTheCall(said).map(bare)]
}

/** From the moment it waits for its client, before which the site's dialplan runs, until it is gone. */
function eventsOfTheCall(said: readonly Said[]): readonly Said[] {
  const events = said.filter(({ by, what }) => by === 'event' && !onlyThere.has(what))
  const from = events.findIndex(({ what }) => what === 'CHANNEL_PARK')
  const to = events.findIndex(({ what }) => what === 'CHANNEL_DESTROY')
  return events.slice(Math.max(from, 0), to + 1).filter(({ headers }) => headers.Action !== 'floor-change')
}

function bare(event: Said): Said {
  const kept = Object.entries(event.headers).filter(([name]) => !headersNotCompared.some(([which]) => which.test(name)))
  return { ...event, headers: Object.fromEntries(kept) }
}

/**
 * drachtio names neither the protocol in the frames of an ACK and of what it answers to a BYE, nor the dialogue in the
 * latter: no client looks there.
 */
function plain(said: Said): Said {
  const what = said.what
    .replace(/\{bytes\}\|(udp)?\|/, '{bytes}||')
    .replace(/\|(\{dialog\})?\|\|Msg sent:/, '|||Msg sent:')
  const isRinging = what.includes('SIP/2.0 180')
  // As long as the number or path was that has a name in its place.
  const isNamed = said.body?.includes('{') === true
  const kept = Object.entries(said.headers)
    .filter(([name]) => !(isRinging && sipNotCompared.has(name)) && !(name === 'Content-Length' && isNamed))
    .map(([name, value]) => [name, name === 'Via' ? value.replace(/;.*$/, '') : value] as const)
  return { ...said, what, headers: Object.fromEntries(kept) }
}
