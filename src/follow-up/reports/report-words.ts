import type { LocalText } from '#contact-center/ivr/flow-definition.ts'
import type { Language } from '#platform/http/language.ts'

/** Words of exported files and of the command, by code. */
const words: Readonly<Record<string, LocalText>> = {
  // why a discharge is excluded, stopped or failed
  no_programme: { zh: '不属于任何随访方案', en: 'in no programme' },
  deceased: { zh: '患者已死亡', en: 'deceased' },
  opted_out: { zh: '事先拒绝随访', en: 'opted out before' },
  under_age: { zh: '未满年龄', en: 'under age' },
  disposition_1: { zh: '离院方式：医嘱离院', en: 'discharged by order' },
  disposition_2: { zh: '离院方式：转院', en: 'transferred' },
  disposition_3: { zh: '离院方式：转社区', en: 'to the community' },
  disposition_4: { zh: '离院方式：非医嘱离院', en: 'left against advice' },
  disposition_5: { zh: '离院方式：死亡', en: 'died' },
  disposition_9: { zh: '离院方式：其他', en: 'other disposition' },
  readmitted: { zh: '再次入院', en: 'readmitted' },
  moved: { zh: '迁出', en: 'moved away' },
  patient_refused: { zh: '拒绝随访', en: 'refused' },
  plan_repeated: { zh: '方案重复', en: 'plan repeated' },
  plan_unfit: { zh: '方案不匹配', en: 'plan does not fit' },
  programme_stopped: { zh: '方案已停止', en: 'programme stopped' },
  dates_past: { zh: '出院晚于固定日期', en: 'discharged after the fixed dates' },
  no_number: { zh: '无可用号码', en: 'no usable number' },
  wrong_person: { zh: '非本人', en: 'wrong person' },
  uncooperative: { zh: '未配合', en: 'uncooperative' },
  other: { zh: '其他', en: 'other' },
  // what the telephone did
  completed: { zh: '完成', en: 'completed' },
  partial: { zh: '部分完成', en: 'partial' },
  abandoned: { zh: '放弃', en: 'abandoned' },
  no_answer: { zh: '无人接听', en: 'no answer' },
  busy: { zh: '占线', en: 'busy' },
  rejected: { zh: '拒接', en: 'rejected' },
  powered_off: { zh: '关机', en: 'powered off' },
  unreachable: { zh: '无法接通', en: 'unreachable' },
  suspended_line: { zh: '停机', en: 'out of service' },
  invalid_number: { zh: '空号或错号', en: 'invalid number' },
  machine: { zh: '语音信箱', en: 'voice mail' },
  congestion: { zh: '线路拥塞', en: 'congestion' },
  failed: { zh: '呼叫失败', en: 'call failed' },
  cancelled: { zh: '已取消', en: 'cancelled' },
  restart: { zh: '系统中断', en: 'restart' },
  // who answered
  patient: { zh: '本人', en: 'patient' },
  proxy: { zh: '家属', en: 'relative' },
  spouse: { zh: '配偶', en: 'spouse' },
  child: { zh: '子女', en: 'child' },
  parent: { zh: '父母', en: 'parent' },
  // who hung up
  hospital: { zh: '医院', en: 'hospital' },
  lost: { zh: '中断', en: 'lost' },
  // forms
  open: { zh: '进行中', en: 'open' },
  complete: { zh: '完整', en: 'complete' },
}

/** A code in words; one that has none as it is, nothing for none. */
export function wordOf(code: string | null, language: Language): string {
  return code === null ? '' : (words[code]?.[language] ?? code)
}
