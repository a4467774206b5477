import { describe, expect, it } from 'vitest'
import { columnWords } from './column-words.ts'

const words = columnWords()
const field = (header: string) => words.meaning(header)?.field ?? null

describe('a header', () => {
  it.each([
    ['住院号码', 'admissionNo'],
    ['病人住院号', 'admissionNo'],
    ['住院ID号', 'admissionNo'],
    ['病案号', 'patientNo'],
    ['姓  名', 'name'],
    ['病员姓名', 'name'],
    ['性别名称', 'sex'],
    ['病人出生日期', 'birthDate'],
    ['居民身份证号码', 'idNumber'],
    ['＊联系电话（必填）', 'phones'],
    ['手机号码1', 'phones'],
    ['病人联系方式', 'phones'],
    ['患者家属电话', 'contactPhones'],
    ['第一联系人手机号', 'contactPhones'],
    ['紧急联系人', 'contactName'],
    ['联系人与患者的关系', 'contactRelation'],
    ['出院时所在科室', 'department'],
    ['科 室', 'department'],
    ['出院病房', 'ward'],
    ['主管大夫', 'doctor'],
    ['住院开始时间', 'admittedAt'],
    ['离院日期', 'dischargedAt'],
    ['出院时间\n(年-月-日)', 'dischargedAt'],
    ['第一出院诊断', 'diagnosisText'],
    ['诊断ICD编码', 'diagnosisCode'],
    ['ICD-10', 'diagnosisCode'],
    ['手术/操作名称', 'procedure'],
    ['离院方式(1-5,9)', 'leaveMode'],
    ['转归情况', 'outcome'],
    ['Discharge Date', 'dischargedAt'],
    ['Patient_Name', 'name'],
  ])('%j means %s', (header, meaning) => {
    expect(field(header)).toBe(meaning)
  })

  it.each([
    '医师联系电话',
    '科室电话',
    '电话是否有效',
    '联系人地址',
    '联系人身份证号',
    '住院天数',
    '入院诊断',
    '门诊诊断',
    '转科科室',
    '主治医生工号',
    '手术日期',
    '出院带药',
  ])('%j means nothing that is read', (header) => {
    expect(field(header)).toBeNull()
  })
})
