import { declareErrors } from '#platform/errors/errors.ts'

declareErrors({
  TASK_UNKNOWN: {
    kind: 'user',
    status: 404,
    en: 'There is no such task. Reload the page.',
    zh: '没有该随访任务,请刷新页面。',
  },
  TASK_IN_CALL: {
    kind: 'user',
    status: 409,
    en: 'A call of this task is in progress, or its after-call work. Wait until it is over, or end it on the floor page; then try again.',
    zh: '该任务正在通话或话后处理。请等其结束，或在班长台结束通话后再试。',
  },
  TASK_CLOSED: {
    kind: 'user',
    status: 409,
    en: 'The task is closed already. Reopen it if the patient should be called again.',
    zh: '该任务已结束。如需再次拨打，请先重开任务。',
  },
  TASK_OPEN: {
    kind: 'user',
    status: 409,
    en: 'The task is open, so there is nothing to reopen. Move its next call instead.',
    zh: '该任务尚未结束，无需重开。如需调整时间，请改拨打时间。',
  },
  TASK_NOT_SUSPENDED: {
    kind: 'user',
    status: 409,
    en: 'The task is not suspended, so there is nothing to resume. Reload the list.',
    zh: '该任务未中止，无需恢复。请刷新列表。',
  },
  TASK_SUSPENDED: {
    kind: 'user',
    status: 409,
    en: 'The task is suspended. Resume it first.',
    zh: '该任务已中止，请先恢复。',
  },
  TASK_PART_ANSWERED: {
    kind: 'user',
    status: 409,
    en: 'The task was answered in part and is dialled no more by itself. Move its next call to have it dialled again.',
    zh: '该任务已部分完成，不会再自动拨打。如需继续，请改拨打时间。',
  },
  TASK_TIME_PAST: {
    kind: 'user',
    status: 422,
    en: 'That time is past. Choose a later one.',
    zh: '该时间已过，请选择之后的时间。',
  },
  TASK_TIME_TOO_LATE: {
    kind: 'user',
    status: 422,
    en: 'The task must be completed by {day}. Choose an earlier time.',
    zh: '该任务须在 {day} 前完成，请选择更早的时间。',
  },
  TASK_TIME_TOO_FAR: {
    kind: 'user',
    status: 422,
    en: 'That is more than a year from now. Choose an earlier time.',
    zh: '该时间在一年之后，请选择更早的时间。',
  },
})
