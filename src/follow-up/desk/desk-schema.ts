import { type Static, Type } from 'typebox'
import { LocalText } from '#contact-center/ivr/flow-definition.ts'

/** The agent's record and form, as the console asks and is answered. Times are ISO 8601, UTC; days 'YYYY-MM-DD'. */

const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()])
const Text = Type.String()
const Answer = Type.Union([Type.String(), Type.Number(), Type.Array(Type.String())])
const Answers = Type.Record(Type.String(), Answer)

const Person = {
  /** Masked without the right `patient.clear`, as everything that tells who it is. */
  name: Text,
  /** GB/T 2261.1: 1 male, 2 female, 0 unknown, 9 not told. */
  sex: Nullable(Text),
  /** Whole years on the hospital's day. */
  age: Nullable(Type.Integer()),
}

const Patient = Type.Object({
  id: Text,
  ...Person,
  patientNo: Nullable(Text),
  /** Masked for everybody. */
  idMasked: Nullable(Text),
  vip: Nullable(Text),
  deceased: Type.Boolean(),
  tags: Type.Array(Text),
  phones: Type.Array(
    Type.Object({
      /** The `phoneId` that a call by hand may name. */
      id: Text,
      /** GB/T 4761: 0 self, 1 spouse, 2 son, 3 daughter, 4 grandchild, 5 parents, 6 grandparents, 7 siblings, 8 other. */
      relation: Nullable(Text),
      relationWord: Nullable(Text),
      contactName: Nullable(Text),
      number: Text,
      last4: Text,
      /** The one that this call dials. */
      current: Type.Boolean(),
      /** Why it is not dialled for this patient: `wrong_person`, `invalid`, `suspended`. */
      unusable: Nullable(Text),
    }),
  ),
})

const Encounter = Type.Object({
  kind: Text,
  encounterNo: Text,
  admittedOn: Nullable(Text),
  dischargedOn: Nullable(Text),
  disposition: Nullable(Text),
  department: Nullable(Text),
  ward: Nullable(Text),
  attending: Nullable(Text),
  diagnoses: Type.Array(Text),
  operations: Type.Array(Text),
})

const PastCall = Type.Object({
  attemptId: Text,
  at: Text,
  programme: Text,
  result: Nullable(Text),
  correctedResult: Nullable(Text),
  outcome: Nullable(Text),
  talkSeconds: Nullable(Type.Number()),
  agentNo: Nullable(Text),
  note: Nullable(Text),
  /** Null also for who may not play recordings. */
  recordingId: Nullable(Text),
})

const PastForm = Type.Object({
  id: Text,
  at: Text,
  /** The call in which it was written last; null for a form that came from elsewhere. */
  attemptId: Nullable(Text),
  /** It gave way to another questionnaire. */
  setAside: Type.Boolean(),
  state: Text,
  respondent: Nullable(Text),
  questionnaire: LocalText,
  answers: Type.Array(Type.Object({ questionId: Text, question: LocalText, answer: LocalText })),
})

const Finding = Type.Object({ questionId: Text, level: Text, text: LocalText })

export const FormState = Type.Object({
  /** When it was saved, by the server's clock. */
  at: Text,
  complete: Type.Boolean(),
  /** The first question that applies and has no answer: where an interview goes on. */
  next: Nullable(Text),
  findings: Type.Array(Finding),
})
export type FormState = Static<typeof FormState>

const Card = {
  patient: Patient,
  encounters: Type.Array(Encounter),
  calls: Type.Array(PastCall),
  /** Besides the form in hand. */
  responses: Type.Array(PastForm),
}
/** Another patient on the number of a call: to be read. */
export const SharerCard = Type.Object(Card)
export type SharerCard = Static<typeof SharerCard>

export const DeskRecord = Type.Object({
  task: Type.Object({ id: Text, state: Text, programme: Text, dueOn: Text }),
  /** The call that the form belongs to; null before the first one. */
  call: Nullable(Type.Object({ attemptId: Text, reservation: Nullable(Text), writable: Type.Boolean() })),
  ...Card,
  /** The reader chose to call: the name is told with the answer. */
  nameWithheld: Type.Boolean(),
  /** Others who are called on this number, to choose from when one of them answers (requirements D08). */
  sharedWith: Type.Array(
    Type.Object({
      patientId: Text,
      ...Person,
      relation: Nullable(Text),
      taskId: Nullable(Text),
      programme: Nullable(Text),
    }),
  ),
  /** Agents who were shown the task before a call and put it back, newest first. */
  skips: Type.Array(Type.Object({ at: Text, reason: Text, agentNo: Nullable(Text) })),
  /** The published definition; null for a task without a form. */
  questionnaire: Nullable(Type.Unknown()),
  /** What may be asked instead of it, the task's own first (requirements D05). */
  questionnaires: Type.Array(
    Type.Object({
      versionId: Text,
      title: LocalText,
      own: Type.Boolean(),
      inHand: Type.Boolean(),
      answers: Type.Integer(),
    }),
  ),
  answers: Answers,
  respondent: Nullable(Text),
  complete: Type.Boolean(),
  /** Nothing required is missing in the task's own form, which may not be the one in hand. */
  ownComplete: Type.Boolean(),
  next: Nullable(Text),
  findings: Type.Array(Finding),
  script: LocalText,
  outcome: Nullable(Text),
  outcomeText: Nullable(Text),
  note: Nullable(Text),
  callbackAt: Nullable(Text),
  /** Versions of the note and who wrote them, newest first (requirements D10). */
  notes: Type.Array(Type.Object({ version: Type.Integer(), note: Text, by: Text, at: Text })),
  /** Times of day at which a callback may be agreed, hospital-local. */
  callingHours: Type.Array(Type.Object({ opens: Text, closes: Text })),
})
export type DeskRecord = Static<typeof DeskRecord>

const outcomes = [
  'done',
  'partial',
  'callback',
  'refused',
  'wrong_person',
  'proxy',
  'uncooperative',
  'deceased',
  'readmitted',
  'moved',
  'other',
] as const
const respondents = ['patient', 'proxy', 'spouse', 'child', 'parent', 'other'] as const
/** What a person may say that the telephone did; the rest is the house's own. */
const correctable = [
  'completed',
  'partial',
  'no_answer',
  'busy',
  'rejected',
  'powered_off',
  'unreachable',
  'suspended_line',
  'invalid_number',
  'machine',
] as const

function oneOf<const Codes extends readonly string[]>(codes: Codes) {
  return Type.Union(codes.map((code: Codes[number]) => Type.Literal(code)))
}

const closed = { additionalProperties: false } as const
const longest = 4_000

export const TaskParams = Type.Object({ taskId: Type.String({ format: 'uuid' }) })
export const SharerParams = Type.Object({
  taskId: Type.String({ format: 'uuid' }),
  patientId: Type.String({ format: 'uuid' }),
})
export const AnswerParams = Type.Object({
  taskId: Type.String({ format: 'uuid' }),
  questionId: Type.String({ minLength: 1, maxLength: 64 }),
})
export const AnswerBody = Type.Object({ value: Type.Unknown() }, closed)
export const OutcomeBody = Type.Object(
  {
    outcome: oneOf(outcomes),
    text: Type.Optional(Type.String({ maxLength: 500 })),
    note: Type.Optional(Type.String({ maxLength: longest })),
    callbackAt: Type.Optional(Type.String({ format: 'date-time' })),
  },
  closed,
)
export const NoteBody = Type.Object({ note: Type.String({ maxLength: longest }) }, closed)
export const QuestionnaireBody = Type.Object({ versionId: Type.String({ format: 'uuid' }) }, closed)
export const RespondentBody = Type.Object({ respondent: oneOf(respondents) }, closed)
/** Null takes the correction back. */
export const ResultBody = Type.Object({ result: Nullable(oneOf(correctable)) }, closed)
