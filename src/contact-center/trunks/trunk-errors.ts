import { declareErrors } from '#platform/errors/errors.ts'

declareErrors({
  TRUNK_INVALID: {
    kind: 'user',
    status: 400,
    en: 'The trunk cannot be set up: {field} must be {wanted}.',
    zh: '无法设置线路：{field} 应为 {wanted}。',
  },
  TRUNK_HOST_UNUSABLE: {
    kind: 'user',
    status: 400,
    en: 'No carrier can be at {host}: {en}. Enter the address that the carrier gave.',
    zh: '{host} 不能作为运营商地址：{zh}。请填写运营商提供的地址。',
  },
  TRUNK_IN_DEMO: {
    kind: 'user',
    status: 409,
    en: 'The campaign still dials the simulated line at any hour. Set up the trunk on a data folder without the demo (SUIFANG_DEMO=no).',
    zh: '外呼活动仍在使用可全天拨打的模拟线路，请在不含演示数据的数据目录上设置线路（SUIFANG_DEMO=no）。',
  },
  TRUNK_UNKNOWN: {
    kind: 'user',
    status: 404,
    en: 'There is no such trunk. Reload the page.',
    zh: '没有这条线路，请刷新页面。',
  },
  TRUNK_CHANGED: {
    kind: 'user',
    status: 409,
    en: 'Somebody else has changed the trunk meanwhile. Look at what holds now, and make your change again.',
    zh: '该线路刚刚已被他人修改，请查看当前设置后重新修改。',
  },
  TRUNK_NAME_TAKEN: {
    kind: 'user',
    status: 409,
    en: 'There is a trunk named {name} already. Choose another name, or change that one.',
    zh: '已有名为“{name}”的线路，请换一个名称，或直接修改该线路。',
  },
  TRUNK_NUMBER_NOT_OWNED: {
    kind: 'user',
    status: 400,
    en: '{number} is not in the list of the hospital’s own numbers. Only those may be shown: add it there if it is the hospital’s by contract.',
    zh: '{number} 不在本院自有号码列表中。只能显示本院自有号码；若按合同确属本院，请先加入列表。',
  },
  TRUNK_CREDENTIALS_AGAIN: {
    kind: 'user',
    status: 400,
    en: 'The password that is kept was given for another address. Enter user and password for the new one, or remove them.',
    zh: '已保存的密码属于原地址。更改地址时请重新填写用户名和密码，或将其清除。',
  },
  TRUNK_SIMULATED: {
    kind: 'user',
    status: 409,
    en: 'The simulated line follows its own carrier: only its name, lines, calls a second and whether it is on can be changed.',
    zh: '模拟线路的地址和号码由模拟运营商决定，只能修改名称、线路数、每秒呼叫数以及启用状态。',
  },
  OWNED_NUMBER_IN_USE: {
    kind: 'user',
    status: 409,
    en: 'The trunk {trunk} still shows {number}. Give the trunk another number first.',
    zh: '线路“{trunk}”仍在使用 {number}，请先为该线路更换号码。',
  },
  TRUNK_TEST_REFUSED: {
    kind: 'user',
    status: 409,
    en: 'No test call to this number now: {en}. Use a telephone of your own, within calling hours.',
    zh: '现在不能向该号码拨打测试电话：{zh}。请使用测试者自己的电话，并在外呼时段内进行。',
  },
  TRUNK_TEST_SERVERS_AWAY: {
    kind: 'operational',
    status: 503,
    en: 'Our own telephone servers are away, so that no test can be made. See /readyz.',
    zh: '本系统的电话服务器未连接，无法测试，请查看 /readyz。',
  },
})
