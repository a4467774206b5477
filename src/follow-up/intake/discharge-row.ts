import {
  type Cell,
  cellText,
  cutText,
  halfWidth,
  hasLeadingApostrophe,
  isBlank,
  meaningOf,
  type RawRecord,
} from './cell.ts'
import type { Field } from './column-words.ts'
import { type DateCell, isBefore, type ListTime, readDateCell } from './date-cell.ts'
import { type Diagnosis, readDiagnoses } from './diagnosis.ts'
import { type IdNumber, readIdFromNumber, readIdNumber } from './id-number.ts'
import { type LeaveMode, readFlag, readLeaveMode, readOutcome, saysDead } from './leave-mode.ts'
import type { ContactColumns, ListColumns } from './list-header.ts'
import { type PersonName, readPersonName } from './person-name.ts'
import { type Phone, type PhoneRules, readPhoneCell } from './phone-cell.ts'
import { type Relation, readRelation } from './relation.ts'
import type { RejectionCode, RowWarning } from './row-codes.ts'
import { readSex, type Sex } from './sex.ts'

/** Admission and record numbers; a name has as many at most (requirements §8.3). */
const mostNumberLength = 50

export interface Contact {
  readonly name: string | null
  readonly relation: Relation | null
  readonly phones: readonly Phone[]
}

/** One discharge with every value cleaned; what cannot be trusted is null. */
export interface DischargeRow {
  readonly admissionNo: string
  /** Number of the person at the hospital (病案号, 登记号), where the list has one. */
  readonly patientNo: string | null
  readonly name: string
  readonly isNewborn: boolean
  readonly sex: Sex | null
  /** 'YYYY-MM-DD' */
  readonly birthDate: string | null
  readonly idNumber: { readonly kind: 'resident' | 'foreigner' | 'other'; readonly value: string } | null
  readonly phones: readonly Phone[]
  readonly contacts: readonly Contact[]
  readonly department: string | null
  readonly ward: string | null
  readonly doctor: string | null
  readonly admittedAt: ListTime | null
  readonly dischargedAt: ListTime
  readonly diagnoses: readonly Diagnosis[]
  readonly procedure: string | null
  readonly leaveMode: LeaveMode | null
  readonly payer: string | null
  readonly site: string | null
}

/** What one row says by itself; duplicates are the list's business. */
export type JudgedRow =
  | {
      readonly verdict: 'good' | 'deceased' | 'no_callable_phone'
      readonly row: DischargeRow
      readonly warnings: readonly RowWarning[]
    }
  | {
      readonly verdict: 'rejected'
      readonly code: RejectionCode
      /** Header of the column to look at; null when it is the row as a whole. */
      readonly column: string | null
      readonly admissionNo: string | null
      /** The patient is said to be dead although the row cannot be loaded: a known stay must not be dialled. */
      readonly dead: boolean
    }

export interface JudgeOptions extends PhoneRules {
  /** 'YYYY-MM-DD', today in hospital time. */
  readonly today: string
  /** Cells behind the header's last column are notes (a worksheet), not slipped cells (a delimited text). */
  readonly notesBeyondTable: boolean
  /** Every discharge of the list is at 00:00, so that 00:00 is no hour but the absence of one. */
  readonly midnightIsNoTime: boolean
}

/**
 * Judges one patient row. The first fault that matters decides, in the order: cells slipped, formula, damaged text,
 * admission number, death, name, discharge time; a missing number comes last.
 */
export function judgeRow(record: RawRecord, columns: ListColumns, options: JudgeOptions): JudgedRow {
  return new RowReader(record.cells, columns, options).judge()
}

class RowReader {
  readonly #cells: readonly Cell[]
  readonly #columns: ListColumns
  readonly #options: JudgeOptions
  readonly #warnings = new Set<RowWarning>()

  constructor(cells: readonly Cell[], columns: ListColumns, options: JudgeOptions) {
    this.#cells = cells
    this.#columns = columns
    this.#options = options
  }

  judge(): JudgedRow {
    const damage = this.#damage()
    if (damage) return damage
    const admissionNo = halfWidth(this.#meaning('admissionNo'))
      .replace(/\s/g, '')
      .replace(/^(\d+)\.0+$/, '$1')
    const name = readPersonName(this.#meaning('name'))
    const discharged = this.#time(this.#columns.several.dischargedAt)
    const dead = this.#isDead(name)
    const refuse = (code: RejectionCode, column: number | undefined): JudgedRow => ({
      verdict: 'rejected',
      code,
      column: this.#columns.headers[column ?? -1] ?? null,
      admissionNo: admissionNo === '' ? null : admissionNo,
      dead,
    })
    const { single, several } = this.#columns
    const [dischargeColumn] = several.dischargedAt
    if (admissionNo === '') return refuse('missing_admission_no', single.admissionNo)
    if (!/[\p{L}\d]/u.test(admissionNo) || /^\d(\.\d+)?E\+?\d+$/i.test(admissionNo)) {
      return refuse('admission_no_unreadable', single.admissionNo)
    }
    if (admissionNo.length > mostNumberLength) return refuse('admission_no_too_long', single.admissionNo)
    if (name.fault === 'missing') return refuse('missing_name', single.name)
    if (name.fault === 'unreadable') return refuse('name_unreadable', single.name)

    const dischargedAt = this.#dischargedAt(discharged, dead)
    if (dischargedAt === 'missing') return refuse('missing_discharge_time', dischargeColumn)
    if (dischargedAt === 'unreadable') return refuse('discharge_time_unreadable', dischargeColumn)
    const admittedAt = this.#admittedAt()
    if (admittedAt && isBefore(dischargedAt, admittedAt)) return refuse('discharge_before_admission', dischargeColumn)
    if (dischargedAt.date > this.#options.today) return refuse('discharge_in_the_future', dischargeColumn)
    if (!dead && this.#outcome().unclear) return refuse('outcome_unclear', single.outcome)
    this.#warnOfShape()
    const row = this.#row(admissionNo, name, dischargedAt, admittedAt, dead)
    const callable = row.phones.length > 0 || row.contacts.some(({ phones }) => phones.length > 0)
    return { verdict: dead ? 'deceased' : callable ? 'good' : 'no_callable_phone', row, warnings: [...this.#warnings] }
  }

  /** Faults after which no cell can be trusted to be what its column says. */
  #damage(): JudgedRow | null {
    const { width, mapped, headers } = this.#columns
    const refuse = (code: RejectionCode, column: number | null): JudgedRow => {
      return {
        verdict: 'rejected',
        code,
        column: column === null ? null : (headers[column] ?? null),
        admissionNo: null,
        dead: false,
      }
    }
    const beyond = this.#cells.slice(width).some((cell) => !isBlank(cell))
    if (beyond && !this.#options.notesBeyondTable) return refuse('column_count', null)
    for (const [column, field] of mapped) {
      const cell = this.#cells[column]
      if (cell === undefined || field === 'age') continue
      if (typeof cell !== 'string' && cell.kind === 'formula') return refuse('formula_cell', column)
      if (typeof cell === 'string' && cell.includes('\ufffd')) return refuse('unreadable_characters', column)
    }
    return null
  }

  #row(
    admissionNo: string,
    name: PersonName,
    dischargedAt: ListTime,
    admittedAt: ListTime | null,
    dead: boolean,
  ): DischargeRow {
    for (const warning of name.warnings) this.#warnings.add(warning)
    const id = this.#idNumber()
    const birthDate = this.#birthDate(id, dischargedAt)
    const isNewborn = name.isNewborn && (birthDate === null || daysBetween(birthDate, dischargedAt.date) < 365)
    if (!isNewborn) this.#warnings.delete('newborn_call_the_mother')
    const phones = this.#phones(this.#columns.several.phones)
    const contacts = this.#columns.contacts.flatMap((contact) => this.#contact(contact))
    this.#warnOfPhones(phones, contacts)
    return {
      admissionNo,
      patientNo: this.#patientNo(),
      name: name.value,
      isNewborn,
      sex: this.#sex(id),
      birthDate,
      idNumber: id.kind !== null && id.value !== null ? { kind: id.kind, value: id.value } : null,
      phones,
      contacts,
      department: this.#words('department', 'department_missing'),
      ward: this.#words('ward'),
      doctor: this.#words('doctor'),
      admittedAt,
      dischargedAt,
      diagnoses: this.#diagnoses(),
      procedure: this.#words('procedure'),
      leaveMode: this.#leaveMode(dead),
      payer: this.#words('payer'),
      site: this.#words('site'),
    }
  }

  /** Half a number would be somebody else's. */
  #patientNo(): string | null {
    const patientNo = halfWidth(this.#meaning('patientNo')).replace(/\s/g, '')
    if (patientNo.length > mostNumberLength) this.#warnings.add('patient_no_too_long')
    return patientNo === '' || patientNo.length > mostNumberLength ? null : patientNo
  }

  #cell(field: Field): Cell | undefined {
    const column = this.#columns.single[field]
    return column === undefined ? undefined : this.#cells[column]
  }

  /** The field's text, empty where the cell says that there is nothing. */
  #meaning(field: Field): string {
    return meaningOf(this.#cell(field))
  }

  #words(field: Field, warning?: RowWarning): string | null {
    const text = this.#meaning(field).replace(/\s+/g, ' ')
    if (text === '' && warning && this.#columns.single[field] !== undefined) this.#warnings.add(warning)
    return text === '' ? null : cutText(text, 200)
  }

  /** Of several columns the first that has a date; a time of day in another one completes it. */
  #time(columns: readonly number[]): DateCell {
    const read = columns.map((column) => readDateCell(this.#cells[column]))
    const found = read.find((cell) => cell.kind === 'time')
    const clock = read.find((cell) => cell.kind === 'clock')
    if (found?.kind === 'time') {
      const withHour = read.find((cell) => cell.kind === 'time' && cell.value.time !== null)
      const time = withHour?.kind === 'time' && withHour.value.date === found.value.date ? withHour.value.time : null
      return { kind: 'time', value: { date: found.value.date, time: time ?? clock?.time ?? null } }
    }
    return read.find((cell) => cell.kind !== 'none') ?? { kind: 'none' }
  }

  #dischargedAt(read: DateCell, dead: boolean): ListTime | 'missing' | 'unreadable' {
    if (read.kind === 'none') {
      const death = dead ? readDateCell(this.#cell('deathTime')) : read
      return death.kind === 'time' ? death.value : 'missing'
    }
    if (read.kind !== 'time') return 'unreadable'
    const time = this.#options.midnightIsNoTime && read.value.time === '00:00' ? null : read.value.time
    if (time === null) this.#warnings.add('discharge_without_time')
    return { date: read.value.date, time }
  }

  #admittedAt(): ListTime | null {
    const read = this.#time(this.#columns.several.admittedAt)
    if (read.kind === 'time') {
      return this.#options.midnightIsNoTime && read.value.time === '00:00' ? { ...read.value, time: null } : read.value
    }
    if (read.kind !== 'none') this.#warnings.add('admission_time_unreadable')
    return null
  }

  #outcome() {
    return this.#columns.single.leaveMode !== undefined && this.#meaning('leaveMode') !== ''
      ? { ...readOutcome(this.#meaning('outcome')), unclear: false }
      : readOutcome(this.#meaning('outcome'))
  }

  #isDead(name: PersonName): boolean {
    return (
      name.saysDead ||
      readLeaveMode(this.#meaning('leaveMode')).mode === '5' ||
      this.#outcome().dead ||
      readFlag(this.#meaning('deathFlag')) ||
      readDateCell(this.#cell('deathTime')).kind === 'time' ||
      this.#columns.several.remark.some((column) => saysDead(cellText(this.#cells[column])))
    )
  }

  #leaveMode(dead: boolean): LeaveMode | null {
    if (dead) return '5'
    const read = readLeaveMode(this.#meaning('leaveMode'))
    if (read.unknown) this.#warnings.add('leave_mode_unknown')
    else if (read.mode === null) this.#warnings.add('leave_mode_missing')
    if (read.mode === '4') this.#warnings.add('left_against_advice')
    if (read.mode === '2') this.#warnings.add('transferred_to_other_hospital')
    return read.mode
  }

  #idNumber(): IdNumber {
    const cell = this.#cell('idNumber')
    const id =
      typeof cell === 'object' && cell.kind === 'number'
        ? readIdFromNumber(cell.value, this.#options.today)
        : readIdNumber(meaningOf(cell), this.#options.today)
    for (const warning of id.warnings) this.#warnings.add(warning)
    if (id.value === null && id.warnings.length === 0) this.#warnings.add('id_missing')
    return id
  }

  #birthDate(id: IdNumber, dischargedAt: ListTime): string | null {
    const read = readDateCell(this.#cell('birthDate'))
    if (read.kind === 'unreadable' || read.kind === 'clock') this.#warnings.add('birth_date_unreadable')
    const told = read.kind === 'time' ? read.value.date : null
    const plausibleId = id.warnings.includes('id_age_implausible') ? null : id.birthDate
    if (told !== null && plausibleId !== null && told !== plausibleId) {
      this.#warnings.add('birth_date_conflicts_with_id')
      return null
    }
    const birthDate = told ?? plausibleId
    if (birthDate !== null && birthDate > dischargedAt.date) {
      this.#warnings.add('birth_date_impossible')
      return null
    }
    return birthDate
  }

  #sex(id: IdNumber): Sex | null {
    const told = readSex(this.#meaning('sex'))
    if (told !== null && id.sex !== null && told !== id.sex) {
      this.#warnings.add('sex_conflicts_with_id')
      return null
    }
    return told ?? id.sex
  }

  #phones(columns: readonly number[]): Phone[] {
    const phones = new Map<string, Phone>()
    for (const column of columns) {
      const cell = this.#cells[column]
      const text = cell === undefined ? '' : typeof cell === 'string' ? cellText(cell) : numberOrText(cell)
      const read = readPhoneCell(text, this.#options)
      for (const warning of read.warnings) this.#warnings.add(warning)
      for (const phone of read.phones) if (!phones.has(phone.e164)) phones.set(phone.e164, phone)
    }
    return [...phones.values()]
  }

  #contact(columns: ContactColumns): Contact[] {
    const cell = (column: number | null) => (column === null ? undefined : this.#cells[column])
    const name = readPersonName(meaningOf(cell(columns.name)))
    const relation = readRelation(meaningOf(cell(columns.relation))) ?? relationOfLabel(columns.label)
    const phones = this.#phones(columns.phones)
    if (name.value === '' && phones.length === 0) return []
    return [{ name: name.value === '' ? null : name.value, relation, phones }]
  }

  #warnOfPhones(phones: readonly Phone[], contacts: readonly Contact[]): void {
    const ofContacts = contacts.flatMap((contact) => contact.phones)
    if (phones.length === 0 && ofContacts.length > 0) this.#warnings.add('contact_phone_only')
    if (ofContacts.some(({ e164 }) => phones.some((phone) => phone.e164 === e164))) {
      this.#warnings.add('contact_phone_equals_patient_phone')
    }
  }

  #diagnoses(): readonly Diagnosis[] {
    const text = this.#columns.several.diagnosisText
      .map((column) => meaningOf(this.#cells[column]))
      .filter((part) => part !== '')
    const code = this.#meaning('diagnosisCode')
    const diagnoses = readDiagnoses(text.join('\n'), code)
    if (this.#columns.single.diagnosisCode !== undefined && diagnoses[0]?.code == null) {
      this.#warnings.add(code === '' ? 'diagnosis_code_missing' : 'diagnosis_code_unreadable')
    }
    return diagnoses
  }

  #warnOfShape(): void {
    const { width } = this.#columns
    const last = this.#cells.findLastIndex((cell) => !isBlank(cell))
    if (!this.#options.notesBeyondTable && this.#cells.length < width)
      this.#warnings.add('short_row_missing_last_columns')
    if (this.#cells.length > width) {
      this.#warnings.add(last >= width ? 'cell_outside_the_table' : 'empty_extra_columns_at_end')
    }
    if (this.#cells.some(hasLeadingApostrophe)) this.#warnings.add('leading_apostrophe')
  }
}

function numberOrText(cell: Exclude<Cell, string>): string {
  return cell.kind === 'number' ? cellText(cell) : ''
}

function relationOfLabel(label: string): Relation | null {
  return /^(父亲|母亲|配偶|家长|监护人)$/.test(label) ? readRelation(label) : null
}

function daysBetween(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / 86_400_000
}
