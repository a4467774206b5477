import { declareErrors } from '#platform/errors/errors.ts'

declareErrors({
  QUESTIONNAIRE_INVALID: {
    kind: 'user',
    status: 422,
    en: 'The questionnaire {questionnaire} has {count} errors, the first: {first}. Correct them and try again.',
    zh: '问卷 {questionnaire} 有 {count} 处错误,第一处:{first}。请改正后重试。',
  },
  QUESTIONNAIRE_SHAPE: {
    kind: 'user',
    status: 422,
    en: 'The shape is wrong: {reason}. See docs/ivr.md for what stands here.',
    zh: '结构有误:{reason}。请对照 docs/ivr.md 填写。',
  },
  QUESTIONNAIRE_ID_TWICE: {
    kind: 'user',
    status: 422,
    en: 'Two questions are called "{question}". Give each its own id.',
    zh: '有两个问题的编号都是"{question}"。请使用不同的编号。',
  },
  QUESTIONNAIRE_CODE_TWICE: {
    kind: 'user',
    status: 422,
    en: 'Two options have the code "{code}". Give each its own.',
    zh: '有两个选项的代码都是"{code}"。请使用不同的代码。',
  },
  QUESTIONNAIRE_CODE_RESERVED: {
    kind: 'user',
    status: 422,
    en: '"{code}" is the code of skipped questions and cannot be an option\'s. Choose another.',
    zh: '"{code}"是跳过题目的代码,不能用作选项代码。请另选。',
  },
  QUESTIONNAIRE_CONDITION_FORWARD: {
    kind: 'user',
    status: 422,
    en: 'The question depends on "{question}", which does not come before it. Move it, or name an earlier question.',
    zh: '该题依赖"{question}",但后者不在它之前。请调整顺序,或指定更前面的题目。',
  },
  QUESTIONNAIRE_CODE_UNKNOWN: {
    kind: 'user',
    status: 422,
    en: 'The question "{question}" has no option "{code}". Name one that it has.',
    zh: '题目"{question}"没有选项"{code}"。请填写它已有的选项代码。',
  },
  QUESTIONNAIRE_TEST_EMPTY: {
    kind: 'user',
    status: 422,
    en: 'The rule names no answers of "{question}" it could pass: {reason}. Give codes for choices, min or max for numbers.',
    zh: '该规则没有说明"{question}"的哪些答案符合:{reason}。选择题请写代码,数字题请写 min 或 max。',
  },
  QUESTIONNAIRE_RANGE_EMPTY: {
    kind: 'user',
    status: 422,
    en: 'The smallest allowed ({min}) lies above the largest ({max}). Exchange them.',
    zh: '允许的最小值({min})大于最大值({max})。请调换。',
  },
  QUESTIONNAIRE_SCORE_ZERO: {
    kind: 'user',
    status: 422,
    en: 'The question has scores and none above 0. Give the best answer a score, or leave all of them out.',
    zh: '该题设置了分值但没有大于 0 的分值。请为最好的答案设置分值,或全部去掉。',
  },
  SURVEY_QUESTIONNAIRE_UNKNOWN: {
    kind: 'user',
    status: 422,
    en: 'There is no questionnaire "{questionnaire}". Add its file under questionnaires/, or name one that exists.',
    zh: '没有问卷"{questionnaire}"。请在 questionnaires/ 下添加其文件,或填写已有的问卷。',
  },
  SURVEY_QUESTIONNAIRE_INVALID: {
    kind: 'user',
    status: 422,
    en: 'The questionnaire "{questionnaire}" is wrong at {at}: {reason}',
    zh: '问卷"{questionnaire}"在 {at} 处有误:{reason}',
  },
  SURVEY_KIND_UNSUPPORTED: {
    kind: 'user',
    status: 422,
    en: 'The question "{question}" of kind "{kind}" cannot be asked by keys. Take it out, or leave it to an agent.',
    zh: '题目"{question}"(类型 {kind})无法用按键回答。请移除,或交由人工坐席询问。',
  },
  SURVEY_PROMPT_MISSING: {
    kind: 'user',
    status: 422,
    en: 'The question "{question}" has no prompts, so nobody would hear it. Add them.',
    zh: '题目"{question}"没有语音,对方无法听到。请添加 prompts。',
  },
  SURVEY_KEY_MISSING: {
    kind: 'user',
    status: 422,
    en: 'The option "{code}" of "{question}" has no key. Give it one of 1 to 8.',
    zh: '题目"{question}"的选项"{code}"没有按键。请指定 1 至 8 之一。',
  },
  SURVEY_KEY_UNSAID: {
    kind: 'user',
    status: 422,
    en: 'The prompts of "{question}" do not say the option "{label}" and then its key {key}. Reword them (requirements E04).',
    zh: '题目"{question}"的语音没有先说选项"{label}"再说按键 {key}。请改写。',
  },
  SURVEY_READ_BACK_MISSING: {
    kind: 'user',
    status: 422,
    en: 'The choices of "{question}" are to be read back, and the option "{code}" has no prompt. Add it.',
    zh: '题目"{question}"的选择需要复述,但选项"{code}"没有语音。请添加。',
  },
  SURVEY_SCALE_DIFFERS: {
    kind: 'user',
    status: 422,
    en: 'The answer "{code}" has key {key} in "{question}" and another key before. Use the same scale in all questions (requirements E04).',
    zh: '答案"{code}"在题目"{question}"中的按键是 {key},与前面的题目不同。请在所有题目中使用相同的量表。',
  },
  SURVEY_LONG: {
    kind: 'user',
    status: 422,
    en: '{questions} questions, about {minutes} minutes: more than 8 questions or 3 minutes are seldom heard to the end. Shorten it (requirements E11).',
    zh: '共 {questions} 题,约 {minutes} 分钟:超过 8 题或 3 分钟很少有人听完。请精简。',
  },
})
