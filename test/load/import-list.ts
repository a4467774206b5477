import * as XLSX from '@e965/xlsx'
import iconv from 'iconv-lite'
import { checkCharacter } from '../../src/follow-up/intake/id-number.ts'

const header = [
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
  '手术名称',
  '离院方式',
  '付费方式',
]
const departments = [
  '心血管内科',
  '骨科',
  '普通外科',
  '产科',
  '儿科',
  '神经内科',
  '眼科',
  '泌尿外科',
  '内分泌科',
  '呼吸与危重症医学科',
]
const surnames = [...'赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨']
const given = [...'安博诚德恩帆芳国海涵建静兰丽明宁平琪蓉书婷伟霞雅哲']

/**
 * A list of so many patients with the dirt of real ones in the shares of the samples: several numbers in a cell,
 * full-width digits, three forms of dates, old and missing identity numbers, line breaks in cells, 2 % deaths, 6 %
 * without a number. Numbers are 1990000xxxx, so that patients share them as families do.
 */
export function dirtyRows(count: number, prefix: string): string[][] {
  return Array.from({ length: count }, (_, i) => row(i, prefix))
}

export function asGb18030(rows: readonly string[][]): Uint8Array {
  const cell = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
  const lines = ['某医院出院患者一览表', header.join(','), ...rows.map((cells) => cells.map(cell).join(','))]
  return iconv.encode(`${lines.join('\r\n')}\r\n`, 'gb18030')
}

export function asWorkbook(rows: readonly string[][]): Uint8Array {
  const book = XLSX.utils.book_new()
  XLSX.utils.book_append_sheet(book, XLSX.utils.aoa_to_sheet([['某医院出院患者一览表'], header, ...rows]), '出院患者')
  return new Uint8Array(XLSX.write(book, { bookType: 'xlsx', type: 'array', compression: true }))
}

function row(i: number, prefix: string): string[] {
  const pick = <T>(choices: readonly T[], by: number): string => String(choices[by % choices.length])
  const male = i % 2 === 0
  const born = new Date(Date.UTC(1938 + (i % 70), (i * 7) % 12, 1 + ((i * 13) % 28)))
  const birth = born.toISOString().slice(0, 10)
  const first17 = `100000${birth.replaceAll('-', '')}${String((i * 2 + (male ? 1 : 0)) % 1000).padStart(3, '0')}`
  const phone = `1990000${String((i * 3) % 8000).padStart(4, '0')}`
  const discharged = new Date(Date.UTC(2026, 9, 1 + (i % 30), 8 + (i % 9), i % 60)).toISOString()
  const admitted = new Date(Date.parse(discharged) - (3 + (i % 11)) * 86_400_000).toISOString()
  return [
    `${prefix}${String(i).padStart(8, '0')}`,
    pick(surnames, i) + pick(given, i * 5) + (i % 4 === 0 ? '' : pick(given, i * 11)),
    male ? '男' : '女',
    i % 3 === 0 ? birth.replaceAll('-', '/') : i % 3 === 1 ? birth.replaceAll('-', '') : birth,
    i % 25 === 0 ? '' : i % 40 === 1 ? '1.10105E+17' : first17 + checkCharacter(first17),
    phoneCell(i, phone),
    pick(surnames, i * 3) + pick(given, i * 7),
    pick(['配偶', '儿子', '女儿', '父亲', '母亲', '兄弟姐妹'], i),
    i % 50 === 3 ? '' : `1990000${String((i * 3 + 1) % 8000).padStart(4, '0')}`,
    `${pick(departments, i)}${i % 20 === 0 ? '  ' : ''}`,
    `${pick(departments, i)}${pick(['一', '二', '三'], i)}病区`,
    pick(['林测试', '高示例', '宋虚拟'], i),
    timeCell(i, admitted),
    timeCell(i, discharged),
    i % 60 === 0 ? '1.腰椎间盘突出\n2.高脂血症' : '高血压病3级',
    i % 30 === 0 ? '' : 'I10.x00x002',
    i % 3 === 0 ? '人工股骨头置换术' : '',
    i % 50 === 7 ? '5' : '1',
    '城镇职工基本医疗保险',
  ]
}

function phoneCell(i: number, phone: string): string {
  if (i % 17 === 3) return ''
  if (i % 20 === 5) return `${phone}/1990000${String(8000 + (i % 2000)).padStart(4, '0')}`
  if (i % 40 === 9) return [...phone].map((digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0)).join('')
  return phone
}

function timeCell(i: number, instant: string): string {
  const text = instant.slice(0, 16).replace('T', ' ')
  return i % 3 === 0 ? text.replaceAll(/[-: ]/g, '') : i % 3 === 1 ? text.replaceAll('-', '/') : text
}
