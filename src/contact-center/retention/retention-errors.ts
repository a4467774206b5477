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
})
