import type { ColumnType, Generated, GeneratedAlways } from 'kysely'
import type { Outcome } from '#contact-center/contact-center-tables.ts'

/** A column that is written once. */
type Fixed<T> = ColumnType<T, T, never>

/** Tables of migrations 0003, 0006 and 0021. Units and meanings of columns stand there. Days are 'YYYY-MM-DD', hospital-local. */

export type TaskState =
  | 'scheduled'
  | 'claimed'
  | 'in_progress'
  | 'wrapping'
  | 'completed'
  | 'partial'
  | 'retry_wait'
  | 'callback'
  | 'suspended'
  | 'failed'
  | 'refused'
  | 'stopped'
  | 'excluded'
  | 'expired'
export type ProgrammeState = 'running' | 'paused' | 'stopped'
export type LegalBasis = 'duty' | 'consent'
/** What a programme calls for; consent is given and refused by purpose. */
export type Purpose = 'clinical' | 'satisfaction' | 'research' | 'care'
export type EncounterKind = 'inpatient' | 'outpatient' | 'checkup' | 'emergency'
/** 离院方式 of the front page of the record: 1 by order, 2 transferred, 3 to the community, 4 against advice, 5 died, 9 other. */
export type Disposition = '1' | '2' | '3' | '4' | '5' | '9'
/** A discharge day that falls on a day of rest: keep it, or take the working day before or after (requirements H11). */
export type RestDayRule = 'keep' | 'before' | 'after'
export type Respondent = 'patient' | 'proxy' | 'spouse' | 'child' | 'parent' | 'other'
export type ImportVerdict = 'created' | 'changed' | 'unchanged' | 'duplicate' | 'excluded' | 'rejected'

interface PatientTable {
  id: Fixed<string>
  siteId: Fixed<string>
  patientNo: string | null
  name: string
  sex: '0' | '1' | '2' | '9' | null
  birthDate: string | null
  idType: string | null
  idHmac: Buffer | null
  idCiphertext: Buffer | null
  idLast4: string | null
  deceasedAt: Date | null
  deceasedOn: string | null
  vip: string | null
  tags: Generated<string[]>
  mergedInto: string | null
  createdAt: Generated<Date>
  changedAt: Generated<Date>
}

interface PatientPhoneTable {
  id: Fixed<string>
  patientId: string
  phoneNumberId: Fixed<string>
  position: number
  relation: string | null
  relationWord: string | null
  contactName: string | null
  rawCiphertext: Buffer | null
  extension: string | null
  wrongPersonAt: Date | null
  reachedAt: Date | null
  addedAt: Generated<Date>
  addedBy: string | null
  removedAt: Date | null
  removedBy: string | null
  orderedAt: Date | null
}

interface PatientNewsTable {
  id: Fixed<string>
  patientId: Fixed<string>
  kind: Fixed<'deceased' | 'readmitted' | 'moved'>
  source: Fixed<'list' | 'agent' | 'supervisor'>
  encounterId: Fixed<string | null>
  importRunId: Fixed<string | null>
  attemptId: Fixed<string | null>
  saidBy: Fixed<string | null>
  reason: Fixed<string | null>
  at: Generated<Date>
  takenBackAt: Date | null
  takenBackBy: string | null
  takenBackReason: string | null
}

interface EncounterTable {
  id: Fixed<string>
  siteId: Fixed<string>
  patientId: string
  kind: EncounterKind
  encounterNo: string
  departmentId: string | null
  ward: string | null
  doctorName: string | null
  doctorPhoneId: string | null
  admittedOn: string | null
  admittedAt: Date | null
  dischargedOn: string | null
  /** Null where the source tells a day only. */
  dischargedAt: Date | null
  disposition: Disposition | null
  payer: string | null
  source: string | null
  importRunId: string | null
  deathTakenBackAt: Date | null
  createdAt: Generated<Date>
  changedAt: Generated<Date>
}

interface DiagnosisTable {
  id: Fixed<string>
  encounterId: Fixed<string>
  position: number
  system: string | null
  code: string | null
  text: string | null
}

interface OperationTable {
  id: Fixed<string>
  encounterId: Fixed<string>
  position: number
  code: string | null
  text: string | null
}

interface ImportRunTable {
  id: Fixed<string>
  siteId: Fixed<string>
  source: Fixed<string>
  fileName: string | null
  sha256: Buffer | null
  bytes: ColumnType<string | null, number | string | null | undefined, number | string | null>
  encoding: string | null
  state: Generated<'running' | 'finished' | 'failed'>
  errorCode: string | null
  consentPurpose: string | null
  consentText: string | null
  consentDeclaredBy: string | null
  startedBy: string | null
  startedAt: Generated<Date>
  finishedAt: Date | null
}

interface ImportRowTable {
  id: GeneratedAlways<string>
  importRunId: Fixed<string>
  sheet: Fixed<string | null>
  line: Fixed<number>
  verdict: ImportVerdict
  reason: string | null
  code: string | null
  columnName: string | null
  message: string | null
  warnings: Generated<string[]>
  encounterId: string | null
  departmentId: string | null
  rawCiphertext: Buffer | null
}

interface QuestionnaireTable {
  id: Fixed<string>
  code: string
  name: string
  createdAt: Generated<Date>
}

interface QuestionnaireVersionTable {
  id: Fixed<string>
  questionnaireId: Fixed<string>
  version: Fixed<number>
  definition: ColumnType<unknown, string, never>
  createdAt: Generated<Date>
}

interface ProgrammeTable {
  id: Fixed<string>
  siteId: Fixed<string>
  code: string
  name: string
  departmentId: string | null
  campaignId: string | null
  state: Generated<ProgrammeState>
  legalBasis: Fixed<LegalBasis>
  purpose: Fixed<Purpose>
  isDefault: Generated<boolean>
  createdAt: Generated<Date>
}

interface ProgrammeVersionTable {
  id: Fixed<string>
  programmeId: Fixed<string>
  version: Fixed<number>
  match: ColumnType<unknown, string, never>
  exclusions: ColumnType<unknown, string, never>
  retry: ColumnType<unknown, string, never>
  createdBy: Fixed<string | null>
  reason: Fixed<string | null>
  createdAt: Generated<Date>
}

interface ProgrammeStepTable {
  id: Fixed<string>
  programmeVersionId: Fixed<string>
  position: Fixed<number>
  afterDays: Fixed<number | null>
  fixedOn: Fixed<string | null>
  dueTime: Fixed<string | null>
  restDayRule: Fixed<RestDayRule>
  expiresAfterDays: Fixed<number>
  priority: Fixed<number>
  questionnaireVersionId: Fixed<string | null>
  flowVersionId: Fixed<string | null>
}

interface EnrolmentTable {
  id: Fixed<string>
  patientId: string
  encounterId: Fixed<string | null>
  programmeId: Fixed<string>
  programmeVersionId: Fixed<string>
  state: 'active' | 'excluded' | 'ended'
  reason: string | null
  anchorOn: string
  createdAt: Generated<Date>
  changedAt: Generated<Date>
}

interface TaskTable {
  id: Fixed<string>
  enrolmentId: Fixed<string>
  patientId: string
  programmeId: Fixed<string>
  programmeVersionId: Fixed<string>
  stepId: Fixed<string>
  state: Generated<TaskState>
  reason: string | null
  dueOn: string
  dueAt: Date
  expiresAt: Date
  priority: Generated<number>
  phoneNumberId: string | null
  /** Whom a callback was agreed with. */
  callbackAgentId: string | null
  /** Kept by triggers: the gate's last answer, good until `holdUntil`. */
  hold: GeneratedAlways<string | null>
  /** May be infinity, which pg gives as a number. */
  holdUntil: GeneratedAlways<Date | number | null>
  dialAt: GeneratedAlways<Date | number>
  createdAt: Generated<Date>
  changedAt: Generated<Date>
}

interface ResponseTable {
  id: Fixed<string>
  /** Of the form in hand; null for one that gave way to another questionnaire. */
  taskId: string | null
  setAsideOf: string | null
  setAsideAt: Date | null
  setAsideBy: string | null
  questionnaireVersionId: Fixed<string>
  patientId: string
  respondent: Respondent | null
  state: Generated<'open' | 'partial' | 'complete'>
  startedAt: Generated<Date>
  completedAt: Date | null
}

interface AnswerTable {
  id: GeneratedAlways<string>
  responseId: Fixed<string>
  questionId: Fixed<string>
  /** JSON null: taken back. */
  value: ColumnType<unknown, string, string>
  keys: string | null
  attemptId: string | null
  at: Date
}

interface CallSummaryTable {
  attemptId: Fixed<string>
  /** 1, 2, 3 …; the highest counts. */
  version: Fixed<number>
  outcome: Fixed<Outcome | null>
  outcomeText: Fixed<string | null>
  note: Fixed<string | null>
  callbackAt: Fixed<Date | null>
  writtenBy: Fixed<string>
  at: Generated<Date>
}

interface DoNotCallTable {
  id: Fixed<string>
  phoneNumberId: Fixed<string | null>
  patientId: string | null
  source: Fixed<'patient_key' | 'agent' | 'supervisor' | 'import' | 'programme'>
  reason: string | null
  attemptId: Fixed<string | null>
  createdBy: Fixed<string | null>
  createdAt: Generated<Date>
  until: Date | null
  liftedAt: Date | null
  liftedBy: string | null
}

interface ConsentTable {
  id: Fixed<string>
  patientId: string
  purpose: Fixed<Purpose | 'recording'>
  decision: Fixed<'given' | 'refused'>
  words: Fixed<string | null>
  declaredBy: Fixed<string | null>
  source: Fixed<string>
  importRunId: Fixed<string | null>
  attemptId: Fixed<string | null>
  recordedBy: Fixed<string | null>
  at: Generated<Date>
  liftedAt: Date | null
  liftedBy: string | null
}

interface CalendarYearTable {
  year: Fixed<number>
  source: string
  importedAt: Generated<Date>
}

interface CalendarDayTable {
  day: string
  kind: 'holiday' | 'workday'
  name: string
}

declare module '#platform/database/tables.ts' {
  interface Tables {
    patient: PatientTable
    patientPhone: PatientPhoneTable
    patientNews: PatientNewsTable
    encounter: EncounterTable
    diagnosis: DiagnosisTable
    operation: OperationTable
    importRun: ImportRunTable
    importRow: ImportRowTable
    questionnaire: QuestionnaireTable
    questionnaireVersion: QuestionnaireVersionTable
    programme: ProgrammeTable
    programmeVersion: ProgrammeVersionTable
    programmeStep: ProgrammeStepTable
    enrolment: EnrolmentTable
    task: TaskTable
    response: ResponseTable
    answer: AnswerTable
    callSummary: CallSummaryTable
    doNotCall: DoNotCallTable
    consent: ConsentTable
    calendarYear: CalendarYearTable
    calendarDay: CalendarDayTable
  }
}
