import { declareErrors } from './errors.ts'

declareErrors({
  DATABASE_AWAY: {
    kind: 'operational',
    status: 503,
    en: 'The database cannot be reached ({reason}). Calls in progress go on; try again when it is back.',
    zh: '暂时无法连接数据库({reason})。进行中的通话不受影响,请在数据库恢复后重试。',
  },
  DATABASE_SLOW: {
    kind: 'operational',
    status: 503,
    en: 'The database took longer than {limitMs} ms and the statement was given up. Try again; if it stays so, look at the load of the database.',
    zh: '数据库超过 {limitMs} 毫秒未完成,该操作已放弃。请重试;若持续出现,请检查数据库负载。',
  },
  DATABASE_NEWER: {
    kind: 'operational',
    status: 503,
    en: 'The data was written by a newer release of Suifang ({detail}). Start that release or a later one; nothing was changed.',
    zh: '数据由更新版本的随访系统写入({detail})。请启动该版本或更高版本;数据未被改动。',
  },
  MIGRATION_FAILED: {
    kind: 'unexpected',
    status: 500,
    en: 'Migration {migration} failed and was rolled back. The data is as it was before; report this with the log.',
    zh: '数据升级步骤 {migration} 失败并已回滚,数据保持原样。请携带日志报告此问题。',
  },
})
