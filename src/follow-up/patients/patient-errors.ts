import { declareErrors } from '#platform/errors/errors.ts'

declareErrors({
  DO_NOT_CALL_UNKNOWN: {
    kind: 'user',
    status: 404,
    en: 'There is no such entry in the do-not-call list, or it was lifted already. Reload the page.',
    zh: '禁呼名单中没有该条目,或已被解除。请刷新页面。',
  },
  CONSENT_UNKNOWN: {
    kind: 'user',
    status: 404,
    en: 'There is no such refusal, or it was lifted already. Reload the page.',
    zh: '没有该拒绝记录,或已被解除。请刷新页面。',
  },
})
