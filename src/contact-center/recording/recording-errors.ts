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
  RECORDING_GONE: {
    kind: 'operational',
    status: 404,
    en: 'The recording file is not where it was stored. Report the recording number {id} to the system administrator.',
    zh: '录音文件不在存储位置。请将录音编号 {id} 告知系统管理员。',
  },
})
