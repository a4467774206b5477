import { currentLanguage } from './i18n.ts'

/**
 * Words for codes with a dot in them (`noun.verb`), which i18next would take for the way into a group.
 */
const actions = {
  zh: {
    'access.denied': '访问被拒绝',
    'account.created': '建立账号',
    'account.disabled': '停用账号',
    'account.enabled': '启用账号',
    'account.locked': '账号锁定',
    'account.password_changed': '修改密码',
    'account.password_reset': '重置密码',
    'account.password_reset_allowed': '允许重置密码',
    'account.renamed': '修改姓名',
    'account.roles_changed': '调整角色',
    'account.unlocked': '解除锁定',
    'agent.placed': '编入班组',
    'attempt.corrected': '更正通话结果',
    'audit.listed': '查看审计记录',
    'audit.verified': '校验审计链',
    'calendar.imported': '导入节假日',
    'call.listed': '查询通话记录',
    'call.released': '强拆',
    'call.summarised': '填写通话结论',
    'call.supervised': '监听/耳语/强插',
    'call.supervision_left': '退出监听',
    'call.taken_over': '接管通话',
    'call.viewed': '查看通话',
    'campaign.started': '启动外呼活动',
    'campaign.paused': '暂停外呼活动',
    'campaign.stopped': '停止外呼活动',
    'consent.decided': '记录同意',
    'consent.lifted': '撤销同意记录',
    'do_not_call.added': '加入禁呼名单',
    'do_not_call.lifted': '移出禁呼名单',
    'do_not_call.listed': '查看禁呼名单',
    'form.questionnaire_changed': '改用其他问卷',
    'import.errors_downloaded': '下载退回行',
    'import.uploaded': '导入出院名单',
    'number.usable': '恢复号码可拨',
    'phone.set_up': '分配话机',
    'phone.taken_away': '收回话机',
    'record.opened': '打开患者档案',
    'recording.played': '收听录音',
    'recording.downloaded': '下载录音',
    'recording.refused': '拒绝取用录音',
    'recording.changed_found': '发现录音被改动',
    'seat.opened': '打开坐席',
    'session.ended': '结束会话',
    'session.sign_in': '登录',
    'session.sign_out': '退出登录',
    'setting.changed': '修改设置',
    'task.reopen': '重开任务',
    'task.resumed': '恢复任务',
    'task.stopped': '终止任务',
    'team.created': '新建班组',
    'team.renamed': '修改组名',
    'team.set_up': '设置班组',
    'team.supervisors_changed': '调整班长',
    'trunk.set_up': '设置线路',
  },
  en: {
    'access.denied': 'access denied',
    'account.created': 'account made',
    'account.disabled': 'account disabled',
    'account.enabled': 'account enabled',
    'account.locked': 'account locked',
    'account.password_changed': 'password changed',
    'account.password_reset': 'password reset',
    'account.password_reset_allowed': 'password reset allowed',
    'account.renamed': 'name changed',
    'account.roles_changed': 'roles changed',
    'account.unlocked': 'account unlocked',
    'agent.placed': 'put into a team',
    'attempt.corrected': 'result corrected',
    'audit.listed': 'audit trail read',
    'audit.verified': 'chain verified',
    'calendar.imported': 'holidays imported',
    'call.listed': 'calls searched',
    'call.released': 'call force-released',
    'call.summarised': 'outcome written',
    'call.supervised': 'call supervised',
    'call.supervision_left': 'supervision left',
    'call.taken_over': 'call taken over',
    'call.viewed': 'call viewed',
    'campaign.started': 'campaign started',
    'campaign.paused': 'campaign paused',
    'campaign.stopped': 'campaign stopped',
    'consent.decided': 'consent recorded',
    'consent.lifted': 'consent lifted',
    'do_not_call.added': 'do-not-call added',
    'do_not_call.lifted': 'do-not-call lifted',
    'do_not_call.listed': 'do-not-call looked at',
    'form.questionnaire_changed': 'other questionnaire taken',
    'import.errors_downloaded': 'rejected rows downloaded',
    'import.uploaded': 'list imported',
    'number.usable': 'number usable again',
    'phone.set_up': 'phone assigned',
    'phone.taken_away': 'phone taken away',
    'record.opened': 'record opened',
    'recording.played': 'recording played',
    'recording.downloaded': 'recording downloaded',
    'recording.refused': 'recording refused',
    'recording.changed_found': 'changed recording found',
    'seat.opened': 'seat opened',
    'session.ended': 'session ended',
    'session.sign_in': 'signed in',
    'session.sign_out': 'signed out',
    'setting.changed': 'setting changed',
    'task.reopen': 'task reopened',
    'task.resumed': 'task resumed',
    'task.stopped': 'task stopped',
    'team.created': 'team made',
    'team.renamed': 'team renamed',
    'team.set_up': 'team set up',
    'team.supervisors_changed': 'supervisors changed',
    'trunk.set_up': 'trunk set up',
  },
}

const rights = {
  zh: {
    'live.read': '查看实时外呼',
    'campaign.control': '启停外呼活动',
    'import.read': '查看导入结果',
    'import.write': '导入出院名单',
    'call.read': '查看通话记录',
    'patient.clear': '查看患者明文信息',
    'recording.play': '收听录音',
    'recording.download': '下载录音',
    'account.read': '查看账号与会话',
    'account.manage': '建立账号、分配话机',
    'account.authorise': '授予角色、解锁、结束会话',
    'audit.read': '查看审计记录',
    'api.read': '查看接口说明',
    'seat.use': '使用坐席',
    'team.manage': '管理班组',
    'floor.read': '查看班长台',
    'call.supervise': '监听、强插、强拆',
  },
  en: {
    'live.read': 'See live calling',
    'campaign.control': 'Start and stop campaigns',
    'import.read': 'See imports',
    'import.write': 'Import discharge lists',
    'call.read': 'See calls',
    'patient.clear': 'See patients in the clear',
    'recording.play': 'Play recordings',
    'recording.download': 'Download recordings',
    'account.read': 'See accounts and sessions',
    'account.manage': 'Make accounts, assign phones',
    'account.authorise': 'Give roles, unlock, end sessions',
    'audit.read': 'See the audit trail',
    'api.read': 'See the API description',
    'seat.use': 'Use a seat',
    'team.manage': 'Manage teams',
    'floor.read': 'See the floor',
    'call.supervise': 'Monitor, barge in, release',
  },
}

/** An action of the audit trail in words; one that this release has no words for as it is. */
export function actionWord(action: string): string {
  const words: Readonly<Record<string, string>> = actions[currentLanguage()]
  return words[action] ?? action
}

/** A right in words; one that this release has no words for as it is. */
export function rightWord(right: string): string {
  const words: Readonly<Record<string, string>> = rights[currentLanguage()]
  return words[right] ?? right
}

/** Rights in the order in which they are told; those without words come last. */
export function byRight(one: string, other: string): number {
  return placeOf(one) - placeOf(other) || one.localeCompare(other)
}

function placeOf(right: string): number {
  const known = Object.keys(rights.zh)
  return known.includes(right) ? known.indexOf(right) : known.length
}
