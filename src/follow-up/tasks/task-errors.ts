import { declareErrors } from '#platform/errors/errors.ts'

declareErrors({
  TASK_UNKNOWN: {
    kind: 'user',
    status: 404,
    en: 'There is no such task. Reload the page.',
    zh: '没有该随访任务,请刷新页面。',
  },
  TASK_NOT_THERE: {
    kind: 'user',
    status: 409,
    en: 'The task is {state} by now, which does not allow this. Reload the page.',
    zh: '该任务当前状态为 {state},不能执行此操作。请刷新页面。',
  },
})
