import { declareErrors } from '#platform/errors/errors.ts'

declareErrors({
  CALL_EVENT_UNREADABLE: {
    kind: 'unexpected',
    status: 500,
    en: 'A line of the call journal could not be read. It was put aside in rejected.jsonl in the journal folder; report it.',
    zh: '通话日志中有一行无法读取，已移到日志文件夹的 rejected.jsonl，请上报。',
  },
})
