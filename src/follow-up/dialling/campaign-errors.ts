import { declareErrors } from '#platform/errors/errors.ts'

declareErrors({
  CAMPAIGN_UNKNOWN: {
    kind: 'user',
    status: 404,
    en: 'There is no such campaign. Reload the page.',
    zh: '没有这个外呼活动，请刷新页面。',
  },
  CAMPAIGN_CHANGED: {
    kind: 'user',
    status: 409,
    en: 'Somebody else has changed this campaign meanwhile. Look at what holds now, and make your change again.',
    zh: '该外呼活动刚刚已被他人修改，请查看当前设置后重新修改。',
  },
  CAMPAIGN_TRUNK_UNKNOWN: {
    kind: 'user',
    status: 400,
    en: 'There is no such trunk any more. Choose another.',
    zh: '所选线路已不存在，请另选一条。',
  },
  CAMPAIGN_TRUNK_DISABLED: {
    kind: 'user',
    status: 409,
    en: 'The trunk {name} is switched off. Choose another, or ask the system administrator to switch it on.',
    zh: '线路“{name}”已停用，请另选一条，或请系统管理员启用。',
  },
  CAMPAIGN_ANY_HOUR_REAL: {
    kind: 'user',
    status: 409,
    en: '{name} reaches real people: over it a campaign keeps to the calling hours. Switch "any hour" off.',
    zh: '“{name}”会拨到真实的人，只能在外呼时段内拨打。请关闭“全天可拨”。',
  },
  CAMPAIGN_HOURS_AND_ANY: {
    kind: 'user',
    status: 409,
    en: 'A campaign has hours of its own or dials at any hour, not both. Switch one off.',
    zh: '“自定时段”和“全天可拨”不能同时使用，请关闭其中一项。',
  },
  CAMPAIGN_HOURS_OUTSIDE: {
    kind: 'user',
    status: 409,
    en: "The campaign's own hours reach beyond the hospital's. Choose hours within them; the calling rule changes the hospital's.",
    zh: '自定时段超出了全院外呼时段。请在全院时段之内选择；如需调整全院时段，请修改拨打规则。',
  },
  CAMPAIGN_TEAM_MISSING: {
    kind: 'user',
    status: 400,
    en: 'Dialling for agents needs a team. Choose one, or choose the keypress survey.',
    zh: '由坐席接听的外呼方式需要指定班组，请选择班组，或改为语音问卷。',
  },
  CAMPAIGN_TEAM_UNKNOWN: {
    kind: 'user',
    status: 400,
    en: 'There is no such team any more. Choose another.',
    zh: '所选班组已不存在，请另选一个。',
  },
  CAMPAIGN_RETRY_INVALID: {
    kind: 'user',
    status: 400,
    en: 'The retry plan is not valid for {result}: every result stands in it once, and numbers that are nobody’s are never dialled again.',
    zh: '重拨方案中“{result}”一项无效：每种结果必须且只能出现一次，空号、停机号码不能重拨。',
  },
  CAMPAIGN_RETRY_BEYOND_CAP: {
    kind: 'user',
    status: 409,
    en: 'The plan dials {perDay} times a day, and the hospital allows {cap} to one number. Lower the plan, or raise the cap in the calling rule.',
    zh: '方案为每天 {perDay} 次，而全院规则同一号码每天最多 {cap} 次。请降低方案次数，或在拨打规则中提高上限。',
  },
})
