import { declareErrors } from '#platform/errors/errors.ts'

declareErrors({
  TEAM_UNKNOWN: {
    kind: 'user',
    status: 404,
    en: 'There is no such team, or it is not one of yours. Reload the page.',
    zh: '没有这个组，或不由您管理。请刷新页面。',
  },
  TEAM_NAME_TAKEN: {
    kind: 'user',
    status: 409,
    en: 'There is a team called {name} already. Choose another name.',
    zh: '已有名为 {name} 的组。请换一个名称。',
  },
  TEAM_SCOPE: {
    kind: 'user',
    status: 403,
    en: 'You may change the members of your own teams only. Ask the system administrator.',
    zh: '您只能调整自己所管组的成员。请联系系统管理员。',
  },
  PERSON_UNFIT: {
    kind: 'user',
    status: 409,
    en: 'The account does not hold the role that this needs ({role}), or is disabled. The security administrator gives roles.',
    zh: '该账号没有所需角色（{role}）或已停用。角色由安全管理员授予。',
  },
  AGENT_NO_TAKEN: {
    kind: 'user',
    status: 409,
    en: 'Agent number {agentNo} belongs to somebody else. Choose another.',
    zh: '工号 {agentNo} 已被使用。请换一个。',
  },
  AGENT_PLACELESS: {
    kind: 'user',
    status: 409,
    en: 'This person is in no team yet. Put them into one first.',
    zh: '此人还不属于任何组。请先编入一个组。',
  },
})
