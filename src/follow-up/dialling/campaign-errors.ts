import { declareErrors } from '#platform/errors/errors.ts'

declareErrors({
  CAMPAIGN_UNKNOWN: {
    kind: 'user',
    status: 404,
    en: 'There is no such campaign. Reload the page.',
    zh: '没有这个外呼活动，请刷新页面。',
  },
})
