import { declareErrors } from '#platform/errors/errors.ts'
import { gateReasons } from '../calling/gate-reason.ts'

/** The gate's reasons as refusals of a person who wants to dial by hand: `GATE_<REASON>`. */
declareErrors(
  Object.fromEntries(
    Object.entries(gateReasons).map(([reason, { zh, en }]) => [
      gateCode(reason),
      {
        kind: 'user' as const,
        status: 409,
        en: `This patient may not be called now (${en}). Choose another task or another number.`,
        zh: `现在不能拨打该患者：${zh}。请选择其他任务或其他号码。`,
      },
    ]),
  ),
)

declareErrors({
  GATE_LINES_BUSY: {
    kind: 'user',
    status: 409,
    en: 'Every line of the trunk is in use. Try again in a moment.',
    zh: '中继线路已全部占用，请稍后再试。',
  },
  GATE_PREVIEWED: {
    kind: 'user',
    status: 409,
    en: 'A colleague has this patient’s record open before a call. Choose another task.',
    zh: '同事正在拨打前查看该患者的档案。请选择其他任务。',
  },
})

export function gateCode(reason: string): string {
  return `GATE_${reason.toUpperCase()}`
}
