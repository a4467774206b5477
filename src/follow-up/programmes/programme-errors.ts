import { declareErrors } from '#platform/errors/errors.ts'

declareErrors({
  PROGRAMME_UNREADABLE: {
    kind: 'unexpected',
    status: 500,
    en: 'The published version of programme {programme} cannot be read by this release. Publish it anew.',
    zh: '本版本无法读取随访方案 {programme} 的已发布内容，请重新发布该方案。',
  },
  PROGRAMME_UNKNOWN: {
    kind: 'user',
    status: 404,
    en: 'There is no such programme. Go back to the list of programmes.',
    zh: '没有这个随访方案，请返回方案列表。',
  },
  PROGRAMME_SITE_UNKNOWN: {
    kind: 'user',
    status: 400,
    en: 'There is no such site. Reload the page and choose another.',
    zh: '没有这个院区，请刷新页面后重新选择。',
  },
  PROGRAMME_CHANGED: {
    kind: 'user',
    status: 409,
    en: 'Somebody else has published version {version} meanwhile. Compare it with yours and go on from it.',
    zh: '他人刚刚发布了第 {version} 版。请与您的修改对照后继续。',
  },
  PROGRAMME_UNCHANGED: {
    kind: 'user',
    status: 409,
    en: 'This is what the version in force says already. Change something, or leave the page.',
    zh: '内容与现行版本相同，无需发布。',
  },
  PROGRAMME_NAME_TAKEN: {
    kind: 'user',
    status: 409,
    en: 'The site has a programme of the name {name} already. Choose another name.',
    zh: '本院区已有名为“{name}”的随访方案，请换一个名称。',
  },
  PROGRAMME_DEFAULT_TAKEN: {
    kind: 'user',
    status: 409,
    en: 'The site has a default programme already. Stop that one first, or make this one with conditions of its own.',
    zh: '本院区已有默认方案。请先停止原默认方案，或为本方案设置条件。',
  },
  PROGRAMME_DEFAULT_CONDITIONS: {
    kind: 'user',
    status: 400,
    en: 'The default programme takes what no other takes: it has no conditions but the kind of the stay. Take the others out.',
    zh: '默认方案收纳其他方案都不收的出院，只能按就诊类型限定。请删去其他条件。',
  },
  PROGRAMME_CODE_RANGE: {
    kind: 'user',
    status: 400,
    en: 'The code range {rule} takes nobody: both ends are written to the same length, the first not after the last.',
    zh: '编码范围“{rule}”无效：起止位数须相同，且起始不能大于终止，例如 I20-I25。',
  },
  PROGRAMME_AGES_CROSSED: {
    kind: 'user',
    status: 400,
    en: 'The youngest age is above the oldest. Exchange them.',
    zh: '最小年龄大于最大年龄，请调整。',
  },
  PROGRAMME_WORD_UNKNOWN: {
    kind: 'user',
    status: 400,
    en: 'No stay can ever be “{word}”: it is none of the words that stays are written down with. Choose one of those that are offered.',
    zh: '“{word}”不是就诊记录使用的取值，不可能有患者符合。请从给出的选项中选择。',
  },
  PROGRAMME_DATE_FAR: {
    kind: 'user',
    status: 400,
    en: 'Round {step} lies on {day}, which is too far away. Choose a day from {from} to {to}.',
    zh: '第 {step} 轮的日期 {day} 过远。请选择 {from} 至 {to} 之间的日期。',
  },
  PROGRAMME_STEP_TIME: {
    kind: 'user',
    status: 400,
    en: 'Round {step} needs either days after the discharge or one fixed date.',
    zh: '第 {step} 轮须填写出院后天数或固定日期，二者选一。',
  },
  PROGRAMME_STEPS_SAME_DAY: {
    kind: 'user',
    status: 400,
    en: 'Two rounds lie on the same day: round {step} and one before it. Give them different days.',
    zh: '第 {step} 轮与前面一轮在同一天，请错开。',
  },
  PROGRAMME_QUESTIONNAIRE_UNKNOWN: {
    kind: 'user',
    status: 400,
    en: 'Round {step} has no published questionnaire. Choose one.',
    zh: '第 {step} 轮没有已发布的问卷模板，请选择。',
  },
  PROGRAMME_FLOW_UNKNOWN: {
    kind: 'user',
    status: 400,
    en: 'Round {step} has no published voice flow. Choose one.',
    zh: '第 {step} 轮没有已发布的语音流程，请选择。',
  },
  PROGRAMME_STATE: {
    kind: 'user',
    status: 409,
    en: 'A stopped programme cannot be paused; it can be run again. Reload the page.',
    zh: '已停止的方案不能暂停，只能重新运行。请刷新页面。',
  },
  PROGRAMME_STOPPED: {
    kind: 'user',
    status: 409,
    en: 'The programme is stopped and takes nobody. Run it first.',
    zh: '方案已停止，不再收纳患者。请先重新运行。',
  },
})
