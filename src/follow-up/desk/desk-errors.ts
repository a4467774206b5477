import { declareErrors } from '#platform/errors/errors.ts'

/** `{question}` and `{questionZh}` are a form's words, never a patient's. */
declareErrors({
  DESK_NOT_YOURS: {
    kind: 'user',
    status: 403,
    en: 'This patient’s call is not at your seat. Take the next call, or ask a supervisor to open the record.',
    zh: '该患者的通话不在您的坐席上。请继续接听下一通，或请班长打开该记录。',
  },
  DESK_NOT_ANSWERED: {
    kind: 'user',
    status: 409,
    en: 'The patient has not answered yet. Write once the call is answered.',
    zh: '患者尚未接听。请在接通后再填写。',
  },
  DESK_CALL_OVER: {
    kind: 'user',
    status: 409,
    en: 'The after-call work of this call has ended, so its form is closed. Reload the page to see what was saved.',
    zh: '本次通话的话后处理已结束，表单已关闭。请刷新页面查看已保存的内容。',
  },
  DESK_CALL_GOES_ON: {
    kind: 'user',
    status: 409,
    en: 'The call has not ended yet, so it has no result to correct. Correct it after the call.',
    zh: '通话尚未结束，还没有可更正的结果。请在通话结束后更正。',
  },
  DESK_QUESTIONNAIRE_UNKNOWN: {
    kind: 'user',
    status: 404,
    en: 'There is no such questionnaire to choose here. Reload the page and choose from the list.',
    zh: '没有可选的该问卷。请刷新页面后从列表中选择。',
  },
  DESK_NOT_SHARED: {
    kind: 'user',
    status: 404,
    en: 'That patient is not called on this number any more. Reload the page.',
    zh: '该患者已不再使用此号码。请刷新页面。',
  },
  DESK_NO_FORM: {
    kind: 'user',
    status: 409,
    en: 'This task has no questionnaire. Write a note instead.',
    zh: '该任务没有问卷。请改为填写备注。',
  },
  DESK_QUESTION_UNKNOWN: {
    kind: 'user',
    status: 404,
    en: 'The questionnaire has no question “{question}”. Reload the page.',
    zh: '问卷中没有题目“{question}”。请刷新页面。',
  },
  DESK_ANSWER_NOT_AN_OPTION: answer(
    'takes one of its own options only. Choose from the list',
    '只能从所列选项中选择。请重新选择',
  ),
  DESK_ANSWER_TOO_FEW: answer(
    'needs more options chosen. Choose at least as many as it asks for',
    '选择的项数不足。请补选',
  ),
  DESK_ANSWER_TOO_MANY: answer('has too many options chosen. Take some away', '选择的项数过多。请减少'),
  DESK_ANSWER_EXCLUSIVE: answer(
    'has an option that excludes all others. Choose either that one or the others',
    '所选项中有一项不能与其他项同时选择。请只保留其一',
  ),
  DESK_ANSWER_NOT_A_NUMBER: answer('takes a number. Type digits only', '只能填写数字。请重新填写'),
  DESK_ANSWER_OUT_OF_RANGE: answer(
    'takes a number from {min} to {max} with at most {decimals} decimals. Correct it',
    '的数值须在 {min} 至 {max} 之间，最多 {decimals} 位小数。请更正',
  ),
  DESK_ANSWER_NOT_TEXT: answer(
    'takes a text of 1 to {max} characters. Shorten it, or take the answer back',
    '须填写 1 至 {max} 个字的文本。请缩短或清除答案',
  ),
  DESK_ANSWER_NOT_A_DATE: answer(
    'takes a calendar date such as 2026-03-01. Correct it',
    '须填写日期，如 2026-03-01。请更正',
  ),
  DESK_FORM_INCOMPLETE: answer(
    'is required and has no answer yet, so the form is not done. Answer it, or choose another outcome',
    '为必答题且尚未作答，不能记为完成。请作答，或选择其他结果',
  ),
  DESK_OWN_FORM_INCOMPLETE: {
    kind: 'user',
    status: 422,
    en: 'The task’s own questionnaire “{form}” still has required questions without an answer, so the task is not done. Take it up again and answer them, or choose “partial”.',
    zh: '本任务问卷“{formZh}”还有必答题未答，不能记为完成。请换回该问卷作答，或选择“部分完成”。',
  },
  DESK_OUTCOME_TEXT_MISSING: {
    kind: 'user',
    status: 422,
    en: 'The outcome “other” needs a few words on what happened. Add them.',
    zh: '结果为“其他”时必须填写说明。请补充。',
  },
  DESK_TEXT_UNREADABLE: {
    kind: 'user',
    status: 422,
    en: 'The text has characters that cannot be stored. Type it again instead of pasting it.',
    zh: '文本中含有无法保存的字符。请手动重新输入。',
  },
  DESK_CALLBACK_TIME_MISSING: {
    kind: 'user',
    status: 422,
    en: 'A callback needs the time that was agreed, and no other outcome has one. Choose the time.',
    zh: '预约回访必须填写约定时间，其他结果不能填写。请选择时间。',
  },
  DESK_CALLBACK_PAST: {
    kind: 'user',
    status: 422,
    en: 'The callback’s time has already passed. Choose a later one.',
    zh: '预约时间已过。请选择稍后的时间。',
  },
  DESK_CALLBACK_TOO_LATE: {
    kind: 'user',
    status: 422,
    en: 'The callback lies after the task’s last day, {day}. Choose an earlier time.',
    zh: '预约时间晚于该任务的截止日期 {day}。请选择更早的时间。',
  },
  DESK_CALLBACK_CLOSED: {
    kind: 'user',
    status: 422,
    en: 'No calls leave at that time; the next allowed time is {next}. Choose that or a later one.',
    zh: '该时间不允许外呼，最近可选时间为 {next}。请改选。',
  },
})

function answer(en: string, zh: string) {
  return {
    kind: 'user',
    status: 422,
    en: `The question “{question}” ${en}.`,
    zh: `题目“{questionZh}”${zh}。`,
  } as const
}
