import { declareErrors } from '#platform/errors/errors.ts'

declareErrors({
  QUEUE_INVALID: {
    kind: 'user',
    status: 400,
    en: 'The queue cannot be set up: {field} must be {wanted}.',
    zh: '无法设置队列：{field} 应为 {wanted}。',
  },
})
