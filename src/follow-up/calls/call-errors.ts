import { declareErrors } from '#platform/errors/errors.ts'

declareErrors({
  CALL_UNKNOWN: {
    kind: 'user',
    status: 404,
    en: 'There is no such call. Reload the list.',
    zh: '没有这条通话记录。请刷新列表。',
  },
})
