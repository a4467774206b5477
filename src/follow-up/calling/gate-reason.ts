/**
 * Why a number is not dialled, in the words of the gate (migration 0004) and in words for people. The order is the order
 * in which the gate asks: the first that applies is told.
 */
export const gateReasons = {
  task_not_open: { zh: '任务已结束或暂停', en: 'The task is over or suspended' },
  expired: { zh: '任务已过期', en: 'The task has expired' },
  deceased: { zh: '患者已死亡', en: 'The patient has died' },
  patient_merged: { zh: '患者档案已合并', en: 'The patient’s record was merged into another' },
  do_not_call: { zh: '在禁呼名单中', en: 'On the do-not-call list' },
  consent_refused: { zh: '患者已拒绝该用途', en: 'The patient refused this purpose' },
  consent_missing: { zh: '缺少患者同意', en: 'No consent for this purpose' },
  no_number: { zh: '无可拨号码', en: 'No number to dial' },
  number_removed: { zh: '号码已不属于该患者', en: 'The number is no longer the patient’s' },
  wrong_person: { zh: '号码接听者非本人', en: 'Somebody else answers on this number' },
  number_invalid: { zh: '号码为空号', en: 'The number does not exist' },
  number_suspended: { zh: '号码已停机', en: 'The number is suspended' },
  number_unreadable: {
    zh: '已保存的号码无法解密，须在患者档案中重新录入',
    en: 'The stored number cannot be opened; enter it again on the patient’s card',
  },
  number_barred: {
    zh: '国际、声讯和服务号码默认不拨，须由班长在“拨打规则”中放开',
    en: 'International, premium and service numbers are barred until the calling rule allows them',
  },
  number_active: { zh: '该号码正在通话', en: 'The number is in a call' },
  cap_day: { zh: '今日拨打次数已满', en: 'Called often enough today' },
  cap_week: { zh: '七天内拨打次数已满', en: 'Called often enough in seven days' },
  database_restored: {
    zh: '数据库可能是从较早的备份恢复的，确认前不外呼',
    en: 'The database may be restored from an earlier backup; nobody is called until it is confirmed',
  },
  programme_not_running: { zh: '随访方案未启用', en: 'The programme is not running' },
  no_campaign: { zh: '随访方案未配置外呼活动', en: 'The programme has no campaign' },
  campaign_paused: { zh: '外呼活动已暂停', en: 'The campaign is paused' },
  campaign_stopped: { zh: '外呼活动已停止', en: 'The campaign is stopped' },
  trunk_disabled: { zh: '中继已停用', en: 'The trunk is switched off' },
  trunk_silent: { zh: '线路无应答', en: 'The trunk does not answer' },
  sound_lost: { zh: '语音问卷的声音文件丢失', en: 'A sound of the keypress survey is lost' },
  not_by_keys: { zh: '语音问卷不能按键作答', en: 'The keypress survey cannot be asked by keys' },
  any_hour_refused: { zh: '仅模拟中继可全天外呼', en: 'Only a simulated trunk may be dialled at any hour' },
  holiday: { zh: '法定节假日', en: 'Statutory holiday' },
  weekend: { zh: '周末', en: 'Weekend' },
  outside_window: { zh: '不在外呼时段', en: 'Outside the calling window' },
} as const satisfies Readonly<Record<string, { readonly zh: string; readonly en: string }>>

export type GateReason = keyof typeof gateReasons

export function isGateReason(text: string): text is GateReason {
  return Object.hasOwn(gateReasons, text)
}
