import { declareErrors } from '#platform/errors/errors.ts'

declareErrors({
  CALENDAR_UNREADABLE: {
    kind: 'user',
    status: 400,
    en: 'The holiday file cannot be read at {at}. Use one year in the format of the shipped files.',
    zh: '节假日文件在 {at} 处无法读取。请使用与自带文件相同格式的单年文件。',
  },
  CALENDAR_NOT_ANNOUNCED: {
    kind: 'user',
    status: 400,
    en: 'The file for {year} lists no day: the holidays were not announced when it was made. Import it again after the announcement.',
    zh: '{year} 年文件中没有任何日期:制作时节假日安排尚未公布。请在公布后重新导入。',
  },
  CALLING_RULE_INVALID: {
    kind: 'user',
    status: 400,
    en: 'The calling rule is not valid at {at}. Periods open before they close and do not overlap; at most five calls a day to one number.',
    zh: '外呼时间规则在 {at} 处无效。每个时段须先开始后结束且互不重叠;同一号码每天最多拨打五次。',
  },
  CALLING_CAPS_CROSSED: {
    kind: 'user',
    status: 400,
    en: "One number may be called {day} times a day and only {week} times in seven days. Raise the cap of seven days, or lower the day's.",
    zh: '同一号码每天最多 {day} 次,而七天内最多只有 {week} 次。请提高七天上限,或降低每天上限。',
  },
  CALLING_RULE_CHANGED: {
    kind: 'user',
    status: 409,
    en: 'Somebody else has changed the calling rule meanwhile. Look at what holds now, and make your change again.',
    zh: '外呼规则刚刚已被他人修改。请查看当前规则后重新修改。',
  },
})
