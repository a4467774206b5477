import { declareErrors } from '#platform/errors/errors.ts'

declareErrors({
  TRUNK_INVALID: {
    kind: 'user',
    status: 400,
    en: 'The trunk cannot be set up: {field} must be {wanted}.',
    zh: '无法设置线路：{field} 应为 {wanted}。',
  },
  TRUNK_IN_DEMO: {
    kind: 'user',
    status: 409,
    en: 'The campaign still dials the simulated line at any hour. Set up the trunk on a data folder without the demo (SUIFANG_DEMO=no).',
    zh: '外呼活动仍在使用可全天拨打的模拟线路，请在不含演示数据的数据目录上设置线路（SUIFANG_DEMO=no）。',
  },
})
