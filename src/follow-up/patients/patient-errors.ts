import { declareErrors } from '#platform/errors/errors.ts'

declareErrors({
  DO_NOT_CALL_UNKNOWN: {
    kind: 'user',
    status: 404,
    en: 'There is no such entry in the do-not-call list, or it was lifted already. Reload the page.',
    zh: '禁呼名单中没有该条目,或已被解除。请刷新页面。',
  },
  DO_NOT_CALL_STANDS: {
    kind: 'user',
    status: 409,
    en: 'Nobody is called on this number already: it stands in the list.',
    zh: '该号码已在禁呼名单中,无需再次加入。',
  },
  NUMBER_UNREADABLE: {
    kind: 'user',
    status: 400,
    en: 'This is no telephone number. Write one, a landline with its area code: 13800138000, 0752-2288288.',
    zh: '不是有效的电话号码。请写一个号码,固定电话带区号:13800138000、0752-2288288。',
  },
  NUMBER_NOT_FLAGGED: {
    kind: 'user',
    status: 404,
    en: 'This number may be dialled again already. Reload the page.',
    zh: '该号码已恢复可拨。请刷新页面。',
  },
  DAY_UNREADABLE: {
    kind: 'user',
    status: 400,
    en: '{text} is no day. Write it as 2026-12-31.',
    zh: '{text} 不是有效日期。请写成 2026-12-31。',
  },
  CONSENT_UNKNOWN: {
    kind: 'user',
    status: 404,
    en: 'There is no such refusal, or it was lifted already. Reload the page.',
    zh: '没有该拒绝记录,或已被解除。请刷新页面。',
  },
})
