import { declareErrors } from '../errors/errors.ts'

declareErrors({
  REASON_HOLDS_NUMBER: {
    kind: 'user',
    status: 400,
    en: 'The reason holds what looks like a telephone or identity number. Write it without: it stays in the audit trail, which must not name patients.',
    zh: '原因中含有疑似电话号码或身份证号。请去掉后重新填写：原因会长期保存在审计记录中，不得包含患者信息。',
  },
})
