import { declareErrors } from '#platform/errors/errors.ts'

declareErrors({
  RETENTION_RULE_CHANGED: {
    kind: 'user',
    status: 409,
    en: 'Somebody else has changed the rule meanwhile. Look at it and at its preview again.',
    zh: '规则已被他人修改。请重新查看规则和预览。',
  },
  RETENTION_APPROVED: {
    kind: 'user',
    status: 409,
    en: 'This version of the rule has been approved already. There is nothing to do: it runs every night.',
    zh: '当前规则已获批准，无需重复操作，系统每晚自动执行。',
  },
  STRAY_GONE: {
    kind: 'user',
    status: 409,
    en: 'This file is not listed any more: it was removed, taken away, or has been attached to its call. Look at the list again.',
    zh: '该文件已不在列表中：已被删除、移走或已归入通话。请刷新列表。',
  },
  STRAY_NOT_REMOVED: {
    kind: 'operational',
    status: 503,
    en: 'The system did not let the file go; it is listed again after the next search. See whether the folder of recordings may be written.',
    zh: '系统未能删除该文件，下次查找后会重新列出。请检查录音目录的写入权限。',
  },
  RECORDINGS_FOLDER_AWAY: {
    kind: 'operational',
    status: 503,
    en: 'The folder that recordings belong into is not there, so no call begins. Tell the system administrator; the page Storage says what to do, and calls go on by themselves then.',
    zh: '录音目录不是原来的目录或不可写，暂停新的呼叫。请联系系统管理员按“存储”页面提示处理，恢复后会自动继续。',
  },
  RECORDINGS_FOLDER_STRANGE: {
    kind: 'operational',
    status: 503,
    en: 'Nothing was removed: {detail}. Mount the disk that the recordings lie on; if this is their folder from now on, confirm it on the page Storage (or: storage confirm folder --reason …).',
    zh: '未删除任何文件：录音目录不可写，或不是原来的目录。请挂载录音所在的磁盘；若今后确用此目录，请在“存储”页面确认（或执行 storage confirm folder --reason …）。',
  },
})
