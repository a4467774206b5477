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
  NUMBER_SEALED: {
    kind: 'user',
    status: 409,
    en: 'This number still cannot be opened: its row is damaged. Enter the whole number again on the patient’s card.',
    zh: '该号码仍无法解密：数据已损坏。请在患者档案中重新录入完整号码。',
  },
  DAY_UNREADABLE: {
    kind: 'user',
    status: 400,
    en: '{text} is no day. Write it as 2026-12-31.',
    zh: '{text} 不是有效日期。请写成 2026-12-31。',
  },
  DAY_OVER: {
    kind: 'user',
    status: 400,
    en: '{text} is over: the number would go on being called. Name a day to come, or none.',
    zh: '{text} 已过，该号码仍会被拨打。请填写今后的日期，或不填。',
  },
  PATIENT_UNKNOWN: {
    kind: 'user',
    status: 404,
    en: 'There is no such patient, or the record was merged into another. Search again.',
    zh: '没有该患者,或档案已合并。请重新查找。',
  },
  PATIENT_DECEASED: {
    kind: 'user',
    status: 409,
    en: 'This patient’s death is on record already. Reload the page.',
    zh: '该患者已登记死亡。请刷新页面。',
  },
  PATIENT_DEATH_AHEAD: {
    kind: 'user',
    status: 400,
    en: 'Nobody has died on a day that is still to come: {day}. Correct it, or leave it empty.',
    zh: '死亡日期 {day} 尚未到来。请更正,或留空。',
  },
  PATIENT_NEWS_NOT_THERE: {
    kind: 'user',
    status: 409,
    en: 'This is not on record (any more): somebody may have taken it back. Reload the page.',
    zh: '没有该登记,或已被撤销。请刷新页面。',
  },
  PATIENT_NUMBER_UNKNOWN: {
    kind: 'user',
    status: 404,
    en: 'The patient does not have this number, or somebody has just changed it. Reload the page.',
    zh: '该患者没有此号码,或刚被他人修改。请刷新页面。',
  },
  PATIENT_NUMBER_STANDS: {
    kind: 'user',
    status: 409,
    en: 'The patient has this number already.',
    zh: '该患者已有此号码。',
  },
  PATIENT_NUMBERS_CHANGED: {
    kind: 'user',
    status: 409,
    en: 'The patient’s numbers have changed meanwhile. Reload the page and put them in order again.',
    zh: '该患者的号码刚有变动。请刷新页面后重新排序。',
  },
  CONSENT_UNKNOWN: {
    kind: 'user',
    status: 404,
    en: 'There is no such refusal, or it was lifted already. Reload the page.',
    zh: '没有该拒绝记录,或已被解除。请刷新页面。',
  },
})
