import { declareErrors } from '#platform/errors/errors.ts'

declareErrors({
  REPORT_PERIOD_INVALID: {
    kind: 'user',
    status: 422,
    en: 'The period ends before it begins, or is longer than {days} days. Choose a shorter one.',
    zh: '统计时段的结束早于开始，或超过 {days} 天。请缩短时段。',
  },
  REPORT_MONTH_UNREADABLE: {
    kind: 'user',
    status: 400,
    en: '{text} is no month. Write it as 2026-11.',
    zh: '{text} 不是有效月份。请写成 2026-11。',
  },
  REPORT_FILE_UNWRITABLE: {
    kind: 'user',
    status: 400,
    en: 'The file {file} cannot be written ({reason}). Name another path.',
    zh: '无法写入文件 {file}（{reason}）。请换一个路径。',
  },
  REPORT_PROGRAMME_UNKNOWN: {
    kind: 'user',
    status: 404,
    en: 'There is no programme {programme}. Look at the list of programmes on the reports page.',
    zh: '没有随访方案 {programme}。请在统计报表页查看方案列表。',
  },
  REPORT_EXPORT_TOO_LARGE: {
    kind: 'user',
    status: 422,
    en: 'More than {limit} rows would be exported. Choose a shorter period, one programme or one department.',
    zh: '导出将超过 {limit} 行。请缩短时段，或只选一个方案或科室。',
  },
  REPORT_EXPORT_BUSY: {
    kind: 'user',
    status: 429,
    en: 'Other exports are being written. Try again in a minute.',
    zh: '正在导出其他文件。请一分钟后再试。',
  },
  REPORT_EXPORT_CLEAR: {
    kind: 'user',
    status: 403,
    en: 'You see patients masked, so an export is masked, too. Export without clear data, or ask whoever may see it.',
    zh: '您看到的患者信息已脱敏，导出也须脱敏。请取消明文选项，或请有权限的人员导出。',
  },
})
