import { declareErrors } from '#platform/errors/errors.ts'

declareErrors({
  PROGRAMME_UNREADABLE: {
    kind: 'unexpected',
    status: 500,
    en: 'The published version of programme {programme} cannot be read by this release. Publish it anew.',
    zh: '本版本无法读取随访方案 {programme} 的已发布内容，请重新发布该方案。',
  },
})
