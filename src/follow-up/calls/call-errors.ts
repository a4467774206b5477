import { declareErrors } from '#platform/errors/errors.ts'

declareErrors({
  CALL_UNKNOWN: {
    kind: 'user',
    status: 404,
    en: 'There is no such call. Reload the list.',
    zh: '没有这条通话记录。请刷新列表。',
  },
  CALL_LOOK_UP_MASKED: {
    kind: 'user',
    status: 422,
    en: 'Names are masked for you, so nobody is found by one. Search by the whole telephone or admission number, or by the last four digits.',
    zh: '您看到的姓名已脱敏，不能按姓名查找。请输入完整电话号码、完整住院号或号码后四位。',
  },
  CALL_LOOK_UP_TOO_OFTEN: {
    kind: 'user',
    status: 429,
    en: 'You have searched for patients by whole numbers {times} times within an hour. Go on later, or ask a supervisor.',
    zh: '一小时内按完整号码查找患者已达 {times} 次。请稍后再试，或请班长查找。',
  },
})
