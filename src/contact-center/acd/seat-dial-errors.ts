import { declareErrors } from '#platform/errors/errors.ts'

declareErrors({
  SEAT_NOT_FREE: {
    kind: 'user',
    status: 409,
    en: 'Your seat is not free to dial. Finish what it does now, or come back from away.',
    zh: '坐席当前不空闲，不能拨打。请先完成当前操作，或从离席状态返回。',
  },
  SEAT_NO_PREVIEW: {
    kind: 'user',
    status: 409,
    en: 'No record waits for your decision at this seat any more.',
    zh: '坐席当前没有待拨打的预览任务。',
  },
  SEAT_SKIP_REASON_MISSING: {
    kind: 'user',
    status: 400,
    en: 'Say why you skip this patient.',
    zh: '请说明跳过该患者的原因。',
  },
  SEAT_TASK_OF_OTHERS: {
    kind: 'user',
    status: 403,
    en: 'This task is called by another team. Ask its supervisor.',
    zh: '该任务由其他坐席组负责，请联系该组班长。',
  },
})
