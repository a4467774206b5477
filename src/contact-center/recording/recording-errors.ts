import { declareErrors } from '#platform/errors/errors.ts'

declareErrors({
  RECORDING_UNKNOWN: {
    kind: 'user',
    status: 404,
    en: 'There is no such recording. Reload the list.',
    zh: '没有这个录音。请刷新列表。',
  },
  RECORDING_NOT_READY: {
    kind: 'user',
    status: 409,
    en: 'The recording is not finished ({state}). Try again when the call is over.',
    zh: '录音尚未完成（{state}）。请在通话结束后重试。',
  },
  RECORDING_EXPIRED: {
    kind: 'user',
    status: 410,
    en: 'The recording has been removed, since the hospital keeps recordings for a limited time. The call itself and its answers are still here.',
    zh: '录音已按医院保存期限删除。通话记录和答卷仍可查看。',
  },
  RECORDING_HELD: {
    kind: 'user',
    status: 409,
    en: 'Somebody holds this recording already. Reload the page to see who, and why.',
    zh: '该录音已被设为保留。请刷新页面查看操作人和原因。',
  },
  RECORDING_NOT_HELD: {
    kind: 'user',
    status: 409,
    en: 'There is no hold on this recording any more. Reload the page.',
    zh: '该录音已不在保留状态。请刷新页面。',
  },
  RECORDING_GONE: {
    kind: 'operational',
    status: 404,
    en: 'The recording file is not where it was stored. Report the recording number {id} to the system administrator.',
    zh: '录音文件不在存储位置。请将录音编号 {id} 告知系统管理员。',
  },
  RECORDING_CHANGED: {
    kind: 'operational',
    status: 409,
    en: 'The recording file is not the one that was verified after the call. It is not played; report the recording number {id} to the system administrator, who can restore it from a backup.',
    zh: '录音文件与通话后校验时的文件不一致，已停止播放。请将录音编号 {id} 告知系统管理员，从备份中恢复。',
  },
  RECORDING_REASON_NEEDED: {
    kind: 'user',
    status: 422,
    en: 'A reason is needed to open this recording. Choose one; "other" needs words.',
    zh: '打开录音需要填写原因。请选择原因，选“其他”时请写明。',
  },
  RECORDING_TICKET_REFUSED: {
    kind: 'user',
    status: 403,
    en: 'This address of a recording is not, or no longer, good for you. Open the recording again from its call.',
    zh: '该录音地址无效或已过期。请从通话记录重新打开录音。',
  },
  RECORDING_TOUCHED: {
    kind: 'user',
    status: 409,
    en: 'The recording file has been touched since it was opened. Open the recording again.',
    zh: '录音文件在打开之后被改动过。请重新打开录音。',
  },
})
