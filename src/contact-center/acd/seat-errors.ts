import { declareErrors } from '#platform/errors/errors.ts'

declareErrors({
  SEAT_NO_PHONE: {
    kind: 'user',
    status: 409,
    en: 'You are in no team and have no phone yet. Ask your supervisor to set up your seat.',
    zh: '您还没有班组和话机，请联系班长设置坐席。',
  },
  SEAT_PHONE_NOT_LIVE: {
    kind: 'user',
    status: 409,
    en: 'Your phone {extension} is not registered. Check that it is on and connected, then sign in again.',
    zh: '您的话机 {extension} 没有注册。请检查话机是否开机并连网，然后重新签入。',
  },
  SEAT_PHONE_NOT_ANSWERED: {
    kind: 'user',
    status: 409,
    en: 'Your phone was not answered. Sign in again and lift the receiver when it rings.',
    zh: '话机没有接听。请重新签入，振铃时拿起话机。',
  },
  SEAT_SOFTPHONE_NOT_UP: {
    kind: 'user',
    status: 409,
    en: 'The phone in your browser did not come up. Allow the microphone for this page, then sign in again.',
    zh: '浏览器电话没有接通。请允许此页面使用麦克风，然后重新签入。',
  },
  SEAT_OPEN_ELSEWHERE: {
    kind: 'user',
    status: 409,
    en: 'Your seat is open in another page. Go on there, or take it over to this page.',
    zh: '您的坐席已在另一个页面打开。请在那个页面继续，或接管到本页面。',
  },
  SEAT_SUPERVISES: {
    kind: 'user',
    status: 409,
    en: 'You are in an agent’s call. Leave it first.',
    zh: '您正在坐席的通话中，请先退出监听或强插。',
  },
  SEAT_TAKEN: {
    kind: 'user',
    status: 409,
    en: 'Your seat is in use on another server. Sign out there, or wait a minute.',
    zh: '您的坐席正在另一台服务器上使用。请先在那里签出，或稍等一分钟。',
  },
  SEAT_NOT_SIGNED_IN: {
    kind: 'user',
    status: 409,
    en: 'You are not signed in at your seat. Sign in first.',
    zh: '您尚未签入坐席，请先签入。',
  },
  SEAT_NO_CALL: {
    kind: 'user',
    status: 409,
    en: 'There is no call at your seat that this could be done to. The call may have just ended.',
    zh: '坐席当前没有可执行此操作的通话，通话可能刚刚结束。',
  },
  SEAT_NOT_WRAPPING: {
    kind: 'user',
    status: 409,
    en: 'Your seat has no after-call work now. Its time may have just passed.',
    zh: '坐席当前不在话后处理状态，时间可能刚刚到。',
  },
  OUTCOME_MISSING: {
    kind: 'user',
    status: 409,
    en: 'Choose the outcome of the call first.',
    zh: '请先选择通话结果。',
  },
  PHONE_INVALID: {
    kind: 'user',
    status: 400,
    en: 'The phone cannot be set up: {field} must be {wanted}.',
    zh: '无法设置话机：{field} 应为 {wanted}。',
  },
  PHONE_OF_ANOTHER: {
    kind: 'user',
    status: 409,
    en: 'Phone {extension} belongs to {agent}. Choose another extension.',
    zh: '话机 {extension} 已分配给 {agent}，请选择其他分机号。',
  },
  AGENT_UNKNOWN: {
    kind: 'user',
    status: 404,
    en: 'There is no account {name}. Create it first.',
    zh: '没有账号 {name}，请先创建。',
  },
  TEAM_CAMPAIGN_UNKNOWN: {
    kind: 'user',
    status: 404,
    en: 'There is no campaign {name}. `npm run suifang -- status` lists them.',
    zh: '没有外呼活动 {name}，可用 npm run suifang -- status 查看。',
  },
})
