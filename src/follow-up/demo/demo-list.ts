import { checkCharacter } from '../intake/id-number.ts'

/**
 * The demo hospital's discharge list, as text: the same for the same seed and day. Nobody in it exists. Numbers are
 * 1990000xxxx, which no carrier has given out; their last two digits say what the simulated patient does
 * (src/carrier/behaviours.ts), and each pair of digits occurs equally often.
 */
export interface DemoListOptions {
  readonly rows: number
  /** 'YYYY-MM-DD', the day of all discharges. */
  readonly dischargedOn: string
  readonly seed: number
}

/** Patients' numbers begin here, relatives' a thousand later; lists made for tests use lower ones. */
const FIRST_NUMBER = 19900008000

const HEADER = [
  '住院号',
  '姓名',
  '性别',
  '出生日期',
  '身份证号',
  '联系电话',
  '联系人姓名',
  '关系',
  '联系人电话',
  '科室',
  '病区',
  '主治医生',
  '入院时间',
  '出院时间',
  '出院诊断',
  '诊断编码',
  '离院方式',
]

interface Illness {
  readonly department: string
  readonly text: string
  readonly code: string
  readonly sex?: '男' | '女'
  /** Age in years, from and to. */
  readonly age: readonly [number, number]
}

/** Departments as the demo hospital calls them, by their codes in 诊疗科目名录 (departments.csv). */
export const demoDepartments: Readonly<Record<string, string>> = {
  '03.01': '呼吸内科',
  '03.02': '消化内科',
  '03.03': '神经内科',
  '03.04': '心血管内科',
  '03.07': '内分泌科',
  '04.01': '普通外科',
  '04.03': '骨科',
  '04.04': '泌尿外科',
  '05.01': '妇科',
  '05.02': '产科',
  '07': '儿科',
  '10': '眼科',
  '19': '肿瘤科',
  '21': '康复医学科',
}

const illnesses: readonly Illness[] = [
  { department: '呼吸内科', text: '社区获得性肺炎', code: 'J15.902', age: [30, 85] },
  { department: '呼吸内科', text: '慢性阻塞性肺疾病急性加重', code: 'J44.100', age: [55, 88] },
  { department: '消化内科', text: '胃溃疡', code: 'K25.900', age: [28, 75] },
  { department: '神经内科', text: '脑梗死', code: 'I63.900', age: [50, 88] },
  { department: '心血管内科', text: '冠状动脉粥样硬化性心脏病', code: 'I25.103', age: [45, 85] },
  { department: '心血管内科', text: '高血压病', code: 'I10.x00x002', age: [40, 85] },
  { department: '内分泌科', text: '2型糖尿病', code: 'E11.900', age: [35, 80] },
  { department: '普通外科', text: '急性阑尾炎', code: 'K35.800', age: [18, 60] },
  { department: '普通外科', text: '胆囊结石伴慢性胆囊炎', code: 'K80.101', age: [30, 70] },
  { department: '骨科', text: '腰椎间盘突出', code: 'M51.202', age: [25, 70] },
  { department: '骨科', text: '股骨颈骨折', code: 'S72.000', age: [55, 88] },
  { department: '泌尿外科', text: '输尿管结石', code: 'N20.100', age: [25, 65] },
  { department: '妇科', text: '子宫平滑肌瘤', code: 'D25.900', sex: '女', age: [30, 52] },
  { department: '产科', text: '头位顺产', code: 'O80.000', sex: '女', age: [22, 38] },
  { department: '儿科', text: '支气管肺炎', code: 'J18.000', age: [1, 12] },
  { department: '眼科', text: '老年性白内障', code: 'H25.900', age: [58, 85] },
  { department: '肿瘤科', text: '胃恶性肿瘤', code: 'C16.900', age: [45, 78] },
  { department: '康复医学科', text: '脑梗死恢复期', code: 'I69.300', age: [50, 85] },
]

const surnames = '王李张刘陈杨赵黄周吴徐孙马朱胡林郭何高罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏魏程吕丁沈任'
const given =
  '安邦博昌晨诚德恩帆芳刚国海涵浩和恒华慧佳建静娟君凯兰乐丽林玲明娜宁鹏平琪倩青蓉瑞珊书思涛婷伟文霞晓欣秀雅艳怡颖雨玉媛泽哲芝志'
const doctors = ['林示范', '高演示', '罗样例', '董试用', '宋虚拟', '程模拟']

/** The list as CSV text with a title, the way hospitals' reports look. */
export function demoList({ rows, dischargedOn, seed }: DemoListOptions): string {
  const random = randomFrom(seed)
  const order = shuffled(
    Array.from({ length: rows }, (_, index) => index),
    random,
  )
  const lines = order.map((number, index) => rowOf({ number, index, dischargedOn, random }).join(','))
  return [`随访示范医院出院患者名单（演示数据，人物均为虚构）`, HEADER.join(','), ...lines, `合计,${rows} 人`].join(
    '\n',
  )
}

interface RowOptions {
  readonly number: number
  readonly index: number
  readonly dischargedOn: string
  readonly random: () => number
}

function rowOf({ number, index, dischargedOn, random }: RowOptions): string[] {
  const illness = pick(illnesses, random)
  const sex = illness.sex ?? (random() < 0.5 ? '男' : '女')
  const age = between(illness.age, random)
  const birthDate = daysBefore(dischargedOn, Math.round(age * 365.25) + between([1, 300], random))
  const isChild = age < 14
  const relation = isChild ? pick(['父亲', '母亲'], random) : pick(['配偶', '儿子', '女儿'], random)
  const stay = between([3, 14], random)
  const at = (hour: readonly [number, number]) => `${two(between(hour, random))}:${two(between([0, 59], random))}`
  const ward = `${illness.department.replace(/科$/, '')}${pick(['一', '二'], random)}病区`
  return [
    `SF${dischargedOn.slice(2, 4)}${String(index + 1).padStart(6, '0')}`,
    nameFrom(random),
    sex,
    birthDate,
    idNumber(birthDate, sex, index),
    String(FIRST_NUMBER + number),
    nameFrom(random),
    relation,
    String(FIRST_NUMBER + 1000 + number),
    illness.department,
    ward,
    pick(doctors, random),
    `${daysBefore(dischargedOn, stay)} ${at([7, 20])}`,
    `${dischargedOn} ${at([8, 16])}`,
    illness.text,
    illness.code,
    random() < 0.94 ? '1' : pick(['3', '4'], random),
  ]
}

/** The area 100000 has been given to no place, so nobody has this number. */
function idNumber(birthDate: string, sex: string, index: number): string {
  const order = (index * 2 + (sex === '男' ? 1 : 0)) % 1000
  const first17 = `100000${birthDate.replaceAll('-', '')}${String(order).padStart(3, '0')}`
  return first17 + checkCharacter(first17)
}

function nameFrom(random: () => number): string {
  const length = random() < 0.75 ? 2 : 1
  const chosen = Array.from({ length }, () => pick([...given], random))
  return pick([...surnames], random) + chosen.join('')
}

/** Mulberry32: small, and the same on every machine. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

function pick<T>(choices: readonly [T, ...T[]] | readonly T[], random: () => number): T {
  const chosen = choices[Math.floor(random() * choices.length)]
  if (chosen === undefined) throw new RangeError('nothing to choose from')
  return chosen
}

function between([from, to]: readonly [number, number], random: () => number): number {
  return from + Math.floor(random() * (to - from + 1))
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item)
}

function daysBefore(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) - days * 86_400_000).toISOString().slice(0, 10)
}

function two(number: number): string {
  return String(number).padStart(2, '0')
}
