import { declareErrors } from '#platform/errors/errors.ts'

declareErrors({
  DISK_FULL: {
    kind: 'operational',
    status: 503,
    en: 'There is too little room on the disk to record another call, so none begins. Make room; calls go on by themselves then.',
    zh: '磁盘剩余空间不足，无法再录音，暂停新的呼叫。请清理磁盘，恢复后会自动继续。',
  },
  DISK_SILENT: {
    kind: 'operational',
    status: 503,
    en: 'A disk has not answered for {seconds} s. See whether it is mounted and its network reaches it.',
    zh: '磁盘 {seconds} 秒没有响应。请检查挂载和网络。',
  },
  DISK_THRESHOLDS_CROSSED: {
    kind: 'user',
    status: 400,
    en: 'Calls would stop at {stopGb} GB, before the warning at {warnGb} GB. Warn earlier, or stop later.',
    zh: '停止呼叫的阈值（{stopGb} GB）不能高于告警阈值（{warnGb} GB）。请提高告警阈值或降低停止阈值。',
  },
})
