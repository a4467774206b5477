import type { IdWarning } from './id-number.ts'
import type { NameWarning } from './person-name.ts'
import type { PhoneWarning } from './phone-cell.ts'

/** Why a row was not loaded. The operator corrects it in the error file and imports that. */
export type RejectionCode =
  | 'column_count'
  | 'formula_cell'
  | 'unreadable_characters'
  | 'missing_admission_no'
  | 'admission_no_unreadable'
  | 'admission_no_too_long'
  | 'missing_name'
  | 'name_unreadable'
  | 'missing_discharge_time'
  | 'discharge_time_unreadable'
  | 'discharge_before_admission'
  | 'discharge_in_the_future'
  | 'outcome_unclear'
  | 'no_callable_phone'

/** Why a row is kept for the record and never dialled. */
export type ExclusionReason = 'deceased' | 'deceased_before' | 'opted_out' | 'not_followed_up'

/** What was odd about a row that was read all the same. */
export type RowWarning =
  | IdWarning
  | NameWarning
  | PhoneWarning
  | 'short_row_missing_last_columns'
  | 'empty_extra_columns_at_end'
  | 'cell_outside_the_table'
  | 'leading_apostrophe'
  | 'contact_phone_only'
  | 'contact_phone_equals_patient_phone'
  | 'id_missing'
  | 'patient_no_too_long'
  | 'birth_date_conflicts_with_id'
  | 'birth_date_unreadable'
  | 'birth_date_impossible'
  | 'sex_conflicts_with_id'
  | 'discharge_without_time'
  | 'admission_time_unreadable'
  | 'leave_mode_missing'
  | 'leave_mode_unknown'
  | 'left_against_advice'
  | 'transferred_to_other_hospital'
  | 'diagnosis_code_missing'
  | 'diagnosis_code_unreadable'
  | 'department_missing'
  | 'differs_only_by_spaces'
  | 'same_stay_other_phone_ask_or_update_no_second_call'
  | 'same_stay_other_discharge_ask_no_second_call'
  | 'death_taken_back'

/** Words for the operator: what is wrong and what to do. Never a patient's data. */
interface CodeWords {
  readonly zh: string
  readonly en: string
}

export const rejectionWords: Readonly<Record<RejectionCode, CodeWords>> = {
  column_count: {
    zh: '该行比表头多出列，内容可能已错位。请删除多余的列，或给含逗号的单元格加引号。',
    en: 'The row has more columns than the header, so its cells have slipped. Remove the extra one, or quote the cell that has a separator in it.',
  },
  formula_cell: {
    zh: '单元格为公式。请在表格软件中"复制 → 选择性粘贴 → 数值"后再导入。',
    en: 'The cell holds a formula. Copy it and paste it as a value, then import again.',
  },
  unreadable_characters: {
    zh: '该行有无法识别的字符（编码损坏）。请更正后再导入。',
    en: 'The row has characters that cannot be read (damaged encoding). Write them again and import.',
  },
  missing_admission_no: { zh: '缺少住院号。请补填。', en: 'The admission number is missing. Fill it in.' },
  admission_no_unreadable: {
    zh: '住院号已损坏（科学计数法）。请将该列设为文本格式并重新填写。',
    en: 'The admission number was damaged by a spreadsheet (scientific notation). Set the column to text and write it again.',
  },
  admission_no_too_long: {
    zh: '住院号超过 50 个字符（可能列错位）。请更正。',
    en: 'The admission number has more than 50 characters; perhaps the columns have slipped. Correct it.',
  },
  missing_name: { zh: '缺少姓名。请补填。', en: 'The name is missing. Fill it in.' },
  name_unreadable: {
    zh: '姓名不是有效姓名（可能列错位）。请更正。',
    en: 'The name is no name; perhaps the columns have slipped. Correct it.',
  },
  missing_discharge_time: { zh: '缺少出院时间。请补填。', en: 'The discharge time is missing. Fill it in.' },
  discharge_time_unreadable: {
    zh: '出院时间无法识别或日期不存在。请改为 2026-10-22 16:51 的形式。',
    en: 'The discharge time cannot be read, or there is no such day. Write it as 2026-10-22 16:51.',
  },
  discharge_before_admission: {
    zh: '出院时间早于入院时间。请核对两者。',
    en: 'The discharge lies before the admission. Check both.',
  },
  discharge_in_the_future: {
    zh: '出院时间晚于今天。请核对年份。',
    en: 'The discharge lies in the future. Check the year.',
  },
  outcome_unclear: {
    zh: '转归只有代码 4 或 5，不同版本字典含义不同（可能为死亡）。请改写为文字。',
    en: 'The outcome is a bare code 4 or 5, which means death in one dictionary and not in another. Write the word instead.',
  },
  no_callable_phone: {
    zh: '没有可拨打的电话。请补填本人或家属的手机号，或带区号的固定电话。',
    en: 'No number can be called. Fill in a mobile number of the patient or a relative, or a landline with its area code.',
  },
}

export const exclusionWords: Readonly<Record<ExclusionReason, CodeWords>> = {
  deceased: { zh: '患者已死亡，保留记录，不拨打。', en: 'The patient has died: kept for the record, never called.' },
  deceased_before: {
    zh: '本行不是死亡，但患者此前已登记死亡：仍不拨打。请核实；登记有误的，由班长在患者页“撤销死亡”。',
    en: 'This row tells of no death, but the patient was entered as deceased before: still not called. Check; a supervisor takes a wrong entry back on the patient’s page.',
  },
  opted_out: {
    zh: '患者已拒绝随访（禁呼名单），保留记录，不拨打。',
    en: 'The patient refused calls (do-not-call): kept for the record, not called.',
  },
  not_followed_up: {
    zh: '按随访方案不随访（离院方式等），保留记录，不拨打。',
    en: 'The programme does not follow up such discharges: kept for the record, not called.',
  },
}

export const warningWords: Readonly<Record<RowWarning, CodeWords>> = {
  short_row_missing_last_columns: { zh: '该行缺少末尾几列', en: 'the last columns of the row are missing' },
  empty_extra_columns_at_end: { zh: '行尾有多余的空列', en: 'empty extra columns at the end of the row' },
  cell_outside_the_table: { zh: '表格右侧有无表头的内容，未读取', en: 'a cell right of the table was not read' },
  leading_apostrophe: { zh: '单元格以撇号开头，已去除', en: 'a leading apostrophe was removed' },
  contact_phone_only: { zh: '仅有联系人电话', en: 'only a contact can be called' },
  contact_phone_equals_patient_phone: { zh: '联系人电话与本人电话相同', en: "the contact's number is the patient's" },
  id_missing: { zh: '无身份证号', en: 'no ID number' },
  patient_no_too_long: {
    zh: '病案号超过 50 个字符，未采用',
    en: 'a record number of more than 50 characters was left out',
  },
  id_15_digits: { zh: '15 位旧身份证号，已升位', en: 'old ID number of 15 digits, upgraded' },
  id_scientific: { zh: '身份证号为科学计数法，已舍弃', en: 'ID number in scientific notation, dropped' },
  id_stored_as_number_precision_lost: {
    zh: '身份证号以数值存储，末位已丢失，已舍弃',
    en: 'ID number stored as a number, its last digits are lost, dropped',
  },
  id_check_digit: { zh: '身份证号校验码不符，已舍弃', en: 'ID number with a wrong check digit, dropped' },
  id_birth_date_impossible: {
    zh: '身份证号中的出生日期不存在，已舍弃',
    en: 'ID number with a day of birth that does not exist, dropped',
  },
  id_wrong_length: { zh: '身份证号位数不对，已舍弃', en: 'ID number of a wrong length, dropped' },
  id_age_implausible: { zh: '身份证号对应的年龄不合理', en: 'the age by the ID number is implausible' },
  id_other_document: { zh: '非身份证的证件号', en: 'another document than an ID card' },
  birth_date_conflicts_with_id: {
    zh: '出生日期与身份证号不一致，出生日期未采用',
    en: 'the day of birth and the ID number disagree; the day of birth was left open',
  },
  birth_date_unreadable: { zh: '出生日期无法识别', en: 'the day of birth cannot be read' },
  birth_date_impossible: { zh: '出生日期晚于出院日期', en: 'the day of birth lies after the discharge' },
  sex_conflicts_with_id: {
    zh: '性别与身份证号不一致，性别未采用',
    en: 'the sex and the ID number disagree; the sex was left open',
  },
  space_inside_name: { zh: '姓名中间有空格，已去除', en: 'spaces inside the name were removed' },
  four_byte_character: { zh: '姓名含生僻字（四字节）', en: 'the name has a rare character (four bytes)' },
  name_characters_lost: { zh: '姓名中有字符丢失（?）', en: 'characters of the name were lost (?)' },
  name_too_short: { zh: '姓名只有一个字', en: 'the name has one character only' },
  newborn_call_the_mother: { zh: '新生儿，拨打母亲或联系人', en: 'a newborn: the mother or contact is called' },
  several_numbers: { zh: '一个单元格有多个号码，已拆分', en: 'several numbers in one cell, split' },
  text_in_phone: { zh: '电话中有文字', en: 'words in the phone cell' },
  phone_wrong_length: { zh: '电话位数不对，未采用', en: 'a number of a wrong length was left out' },
  phone_scientific: { zh: '电话为科学计数法，未采用', en: 'a number in scientific notation was left out' },
  phone_masked: { zh: '电话已脱敏（含 *），未采用', en: 'a masked number (with *) was left out' },
  phone_not_a_subscriber: { zh: '服务号码，未采用', en: 'a service number was left out' },
  phone_foreign: { zh: '境外号码，未采用', en: 'a foreign number was left out' },
  number_as_float: { zh: '号码带小数点（.0），已更正', en: 'a number with a decimal point (.0), corrected' },
  fullwidth_digits: { zh: '全角数字，已转换', en: 'full-width digits, converted' },
  landline_without_area_code: { zh: '固定电话缺区号', en: 'a landline without area code' },
  fictitious_landline_ignored_or_kept: {
    zh: '固定电话号码不可能存在，未采用',
    en: 'an impossible landline number was left out',
  },
  discharge_without_time: { zh: '出院时间只有日期', en: 'the discharge has a date and no hour' },
  admission_time_unreadable: { zh: '入院时间无法识别', en: 'the admission time cannot be read' },
  leave_mode_missing: { zh: '无离院方式', en: 'no leave mode' },
  leave_mode_unknown: { zh: '离院方式无法识别', en: 'the leave mode is unknown' },
  left_against_advice: { zh: '非医嘱离院', en: 'left against advice' },
  transferred_to_other_hospital: { zh: '转院', en: 'transferred to another hospital' },
  diagnosis_code_missing: { zh: '无诊断编码', en: 'no diagnosis code' },
  diagnosis_code_unreadable: { zh: '诊断编码无法识别', en: 'the diagnosis code cannot be read' },
  department_missing: { zh: '无科室', en: 'no department' },
  differs_only_by_spaces: { zh: '与前面一行仅空格不同', en: 'differs from the earlier row by spaces only' },
  same_stay_other_phone_ask_or_update_no_second_call: {
    zh: '同一次住院，电话不同，请核实；不会再次拨打',
    en: 'the same stay with another number: ask which is right; there is no second call',
  },
  same_stay_other_discharge_ask_no_second_call: {
    zh: '同一次住院（入院时间相同），出院时间不同，请核实；不会再次拨打',
    en: 'the same stay (the same admission) with another discharge: ask which is right; there is no second call',
  },
  death_taken_back: {
    zh: '该次住院的死亡已由人工撤销，本行的死亡未采用；请让病案室更正原系统',
    en: 'a person has taken the death of this stay back, so the row’s death was left out; have the hospital’s system corrected',
  },
}
