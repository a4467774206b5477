import { declareErrors } from '#platform/errors/errors.ts'

declareErrors({
  FLOOR_OTHER_TEAM: {
    kind: 'user',
    status: 403,
    en: 'This seat is in a team that is not yours. Ask an administrator if you should supervise it.',
    zh: '该坐席不属于您负责的小组。如需管理，请联系管理员。',
  },
  SUPERVISION_SEAT_NEEDED: {
    kind: 'user',
    status: 409,
    en: 'You need a phone to be in a call. Sign in at your own seat first.',
    zh: '参与通话需要电话。请先签入您自己的坐席。',
  },
  SUPERVISION_SEAT_BUSY: {
    kind: 'user',
    status: 409,
    en: 'There is a call, or its after-call work, at your own seat. Finish it first.',
    zh: '您自己的坐席正在通话或话后处理，请先完成。',
  },
  SUPERVISION_OWN_SEAT: {
    kind: 'user',
    status: 409,
    en: 'This is your own seat.',
    zh: '这是您自己的坐席。',
  },
  SUPERVISION_ELSEWHERE: {
    kind: 'user',
    status: 409,
    en: 'You are in another agent’s call. Leave it first.',
    zh: '您正在另一坐席的通话中，请先退出。',
  },
  SUPERVISION_NO_CALL: {
    kind: 'user',
    status: 409,
    en: 'There is no call at this seat that this could be done to. It may have just ended, or not been answered yet.',
    zh: '该坐席当前没有可执行此操作的通话，可能刚刚结束或尚未接通。',
  },
})
