import { declareErrors } from '#platform/errors/errors.ts'

declareErrors({
  TELEPHONY_TIMEOUT: {
    kind: 'operational',
    status: 504,
    en: 'The telephone servers did not finish "{what}" within {limitMs} ms. The call was given up; see whether drachtio and FreeSWITCH answer.',
    zh: '电话服务器未能在 {limitMs} 毫秒内完成“{what}”,该通话已放弃。请检查 drachtio 与 FreeSWITCH 是否有响应。',
  },
  MEDIA_SERVER_AWAY: {
    kind: 'operational',
    status: 503,
    en: 'The media server {mediaHost} is not connected. Nothing is dialled over it until it is back; check that it runs and that secret and address are right.',
    zh: '媒体服务器 {mediaHost} 未连接,恢复前不会通过它外呼。请检查其是否运行、密钥和地址是否正确。',
  },
  MEDIA_SERVER_PROFILE_MISSING: {
    kind: 'operational',
    status: 503,
    en: 'The media server {mediaHost} runs no SIP profile "{profile}". Start it with the configuration in sip-config/freeswitch.',
    zh: '媒体服务器 {mediaHost} 上没有 SIP 配置“{profile}”。请用 sip-config/freeswitch 中的配置启动它。',
  },
  SIP_SERVER_AWAY: {
    kind: 'operational',
    status: 503,
    en: 'drachtio at {address} is not connected. Nothing is dialled until it is back; check that it runs and that secret and address are right.',
    zh: '位于 {address} 的 drachtio 未连接,恢复前不会外呼。请检查其是否运行、密钥和地址是否正确。',
  },
  MEDIA_PLAY_FAILED: {
    kind: 'operational',
    status: 502,
    en: 'The media server could not play {path} ({answer}). Check that the file exists at this path on the media server.',
    zh: '媒体服务器无法播放 {path}({answer})。请确认媒体服务器的该路径下存在此文件。',
  },
  MEDIA_COMMAND_REFUSED: {
    kind: 'operational',
    status: 502,
    en: 'The media server refused "{command}": {answer}. See its log.',
    zh: '媒体服务器拒绝了“{command}”:{answer}。请查看其日志。',
  },
  MEDIA_PATH_INVALID: {
    kind: 'unexpected',
    status: 500,
    en: 'A path for the media server must be absolute and free of quotes and control characters. Report this with the log.',
    zh: '交给媒体服务器的路径必须是绝对路径,且不得包含引号或控制字符。请携带日志报告此问题。',
  },
  RECORDING_UNCONFIRMED: {
    kind: 'operational',
    status: 502,
    en: 'The media server did not confirm within {limitMs} ms that the recording is closed. It is judged by what the file holds.',
    zh: '媒体服务器未在 {limitMs} 毫秒内确认录音已结束,将以文件内容为准进行检查。',
  },
  SWITCH_NOT_STARTED: {
    kind: 'operational',
    status: 503,
    en: 'The {process} did not come up: {reason}. See {logFile}.',
    zh: '{process} 未能启动:{reason}。请查看 {logFile}。',
  },
  ROOM_PARTY_GONE: {
    kind: 'operational',
    status: 409,
    en: 'The {party} left the line before the room could be changed. The call goes on without them.',
    zh: '{party} 已在操作完成前离线,通话将在其缺席的情况下继续。',
  },
  ROOM_REFUSED: {
    kind: 'operational',
    status: 502,
    en: 'The media server refused "{command}" in a room: {answer}. See its log.',
    zh: '媒体服务器拒绝了会议操作“{command}”:{answer}。请查看其日志。',
  },
  ROOM_ELSEWHERE: {
    kind: 'unexpected',
    status: 500,
    en: 'Patient and seat are on different media servers ({patientHost}, {seatHost}) and cannot meet. Report this with the log.',
    zh: '患者与坐席位于不同的媒体服务器({patientHost}、{seatHost}),无法接通。请携带日志报告此问题。',
  },
  ROOM_FOREIGN_LEG: {
    kind: 'unexpected',
    status: 500,
    en: 'A room was asked for with a leg that this process does not hold. Report this with the log.',
    zh: '会议操作使用了不属于本进程的通话线路。请携带日志报告此问题。',
  },
  ROOM_CLOSED: {
    kind: 'unexpected',
    status: 500,
    en: 'A room that is closed was asked for a move. Report this with the log.',
    zh: '对已关闭的会议进行了操作。请携带日志报告此问题。',
  },
  SUPERVISION_OTHER_SERVER: {
    kind: 'user',
    status: 409,
    en: 'Your phone is on the media server {supervisorHost}, this call on {callHost}. Sign out and in again, then try once more.',
    zh: '您的话机位于媒体服务器 {supervisorHost},该通话位于 {callHost}。请签出后重新签入再试。',
  },
  SEAT_CALL_GONE: {
    kind: 'operational',
    status: 409,
    en: 'The phone that called in hung up before it was answered. It will call again when the seat page is open.',
    zh: '话机在接通前已挂断。坐席页面打开时会再次呼入。',
  },
  SEAT_CALL_UNCONNECTED: {
    kind: 'operational',
    status: 502,
    en: 'The phone that called in could not be connected to the media server ({reason}). Check that its codecs include PCMA or PCMU and that its sound can reach the media server, then see the log.',
    zh: '呼入的话机无法接入媒体服务器({reason})。请确认其支持 PCMA 或 PCMU、语音网络可达媒体服务器,并查看日志。',
  },
  DIGITS_INVALID: {
    kind: 'unexpected',
    status: 500,
    en: 'Keys to be sent must be 1 to 32 of 0–9, * and #. Report this with the log.',
    zh: '要发送的按键必须为 1 至 32 个 0–9、* 或 #。请携带日志报告此问题。',
  },
  EXTENSIONS_USED_UP: {
    kind: 'unexpected',
    status: 500,
    en: 'All extensions for browser phones (90001–99999) are taken. Report this with the log.',
    zh: '浏览器话机的分机号(90001–99999)已全部占用。请携带日志报告此问题。',
  },
})
