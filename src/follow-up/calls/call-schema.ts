import { type Static, Type } from 'typebox'

/** The list of calls and one call's page, as the console asks and is answered. Times are ISO 8601, UTC. */

const Id = Type.String({ format: 'uuid' })
const Seconds = Type.Integer({ minimum: 0, maximum: 86_400 })

export const CallSearch = Type.Object(
  {
    /** Hospital-local days, both included. */
    from: Type.Optional(Type.String({ format: 'date' })),
    to: Type.Optional(Type.String({ format: 'date' })),
    campaignId: Type.Optional(Id),
    programmeId: Type.Optional(Id),
    /** The agent in the call. */
    agentId: Type.Optional(Id),
    /** What the telephone did; where somebody has corrected it, the correction. */
    result: Type.Optional(Type.String({ pattern: '^[a-z_]{1,30}$' })),
    /** Talk time, both included. */
    minSeconds: Type.Optional(Seconds),
    maxSeconds: Type.Optional(Seconds),
    /** The patient's ratings of the agent, any of these; 0: not rated. */
    ratings: Type.Optional(Type.Array(Type.Integer({ minimum: 0, maximum: 5 }), { minItems: 1, maxItems: 6 })),
    /** Name, admission number, telephone number or its last four digits. In a body, never in an address. */
    patient: Type.Optional(Type.String({ maxLength: 60 })),
    /** The page after this call. */
    before: Type.Optional(Id),
    limit: Type.Integer({ minimum: 1, maximum: 100 }),
  },
  { additionalProperties: false },
)
export type CallSearch = Static<typeof CallSearch>

const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()])

const RecordingItem = Type.Object({
  id: Type.String(),
  state: Type.String(),
  durationMs: Nullable(Type.Integer()),
  /** Milliseconds that no sound came for and that the file leaves out. */
  gapMs: Nullable(Type.Integer()),
  /** Somebody opened it and it was not the file that was verified. */
  changed: Type.Boolean(),
})

/** How the patient's line sounded. Shares are 0 to 1; out is as the far end has reported it, where it has. */
const LineQuality = Type.Object({
  /** In a word: `good`, `fair`, `poor`. */
  grade: Type.Union([Type.Literal('good'), Type.Literal('fair'), Type.Literal('poor')]),
  /** 1.0 to 4.5. */
  mos: Type.Number(),
  lossIn: Type.Number(),
  lossOut: Nullable(Type.Number()),
  jitterInMs: Type.Number(),
  jitterOutMs: Nullable(Type.Number()),
  roundTripMs: Nullable(Type.Number()),
})

/** How an agent's own line was in the call, as LineQuality; null is what neither end has told. */
const AgentLine = Type.Object({
  grade: LineQuality.properties.grade,
  agent: Nullable(Type.String()),
  lossIn: Nullable(Type.Number()),
  lossOut: Nullable(Type.Number()),
  jitterInMs: Nullable(Type.Number()),
  jitterOutMs: Nullable(Type.Number()),
  roundTripMs: Nullable(Type.Number()),
})

export const CallItem = Type.Object({
  attemptId: Type.String(),
  at: Type.String(),
  campaign: Type.String(),
  programme: Type.String(),
  agent: Nullable(Type.Object({ name: Type.String(), agentNo: Type.String() })),
  name: Type.String(),
  phone: Type.String(),
  recordNumber: Nullable(Type.String()),
  department: Nullable(Type.String()),
  state: Type.String(),
  result: Nullable(Type.String()),
  /** What a person says that the telephone really did. */
  correctedResult: Nullable(Type.String()),
  outcome: Nullable(Type.String()),
  talkSeconds: Nullable(Type.Number()),
  rating: Nullable(Type.Integer()),
  /** Null for a call without sound, and for those from before it was measured. */
  quality: Nullable(LineQuality),
  /** Each stay of an agent in the call, in turn; none where no agent's line was measured. */
  agentLines: Type.Array(AgentLine),
  recording: Nullable(RecordingItem),
})
export type CallItem = Static<typeof CallItem>

export const CallPage = Type.Object({
  calls: Type.Array(CallItem),
  /** Where the next page begins; null on the last. */
  next: Nullable(Type.String()),
  /** How many there are in all, counted to 10,000; `more` says that there are more than that. */
  total: Type.Integer(),
  more: Type.Boolean(),
})
export type CallPage = Static<typeof CallPage>

const Choice = Type.Object({ id: Type.String(), name: Type.String() })

/** What the list can be filtered by. */
export const CallChoices = Type.Object({
  campaigns: Type.Array(Choice),
  programmes: Type.Array(Choice),
  agents: Type.Array(Type.Object({ id: Type.String(), name: Type.String(), agentNo: Type.String() })),
})
export type CallChoices = Static<typeof CallChoices>

const LocalText = Type.Object({ zh: Type.String(), en: Type.String() })

const FormItems = Type.Array(
  Type.Object({
    questionId: Type.String(),
    question: LocalText,
    answer: Nullable(
      Type.Object({
        /** The chosen option's words, or the value as it was given. */
        words: LocalText,
        keys: Nullable(Type.String()),
        at: Type.String(),
        /** The call in which it was given; null when in none. */
        attemptId: Nullable(Type.String()),
      }),
    ),
  }),
)

export const CallDetail = Type.Object({
  call: CallItem,
  /** What may be dialled again by hand. */
  taskId: Type.String(),
  patientId: Type.String(),
  /** How many times this task had been dialled, this one included. */
  number: Type.Integer(),
  respondent: Nullable(Type.String()),
  /** The agent's summary note. */
  note: Nullable(Type.String()),
  hangupBy: Nullable(Type.String()),
  network: Type.Object({
    sipStatus: Nullable(Type.Integer()),
    sipReason: Nullable(Type.String()),
    q850: Nullable(Type.Integer()),
    earlyMedia: Nullable(Type.Boolean()),
  }),
  /** The task's form, every question of it in order, with what was answered in whichever of the task's calls. */
  form: FormItems,
  /** Its title; null for a task without one. */
  formTitle: Nullable(LocalText),
  /** Forms of the task that gave way to it (requirements D05), with what was answered in them. */
  setAside: Type.Array(Type.Object({ id: Type.String(), title: Nullable(LocalText), form: FormItems })),
  /** The task's other calls that were answered, oldest first. */
  others: Type.Array(Type.Object({ attemptId: Type.String(), at: Type.String(), result: Nullable(Type.String()) })),
  events: Type.Array(
    Type.Object({
      seq: Type.Integer(),
      type: Type.String(),
      at: Type.String(),
      /** As it was journaled; ids, keys and codes. */
      body: Type.Record(Type.String(), Type.Unknown()),
    }),
  ),
})
export type CallDetail = Static<typeof CallDetail>

export const ReplayPart = Type.Object({
  id: Type.String(),
  part: Type.Integer(),
  state: Type.String(),
  durationMs: Nullable(Type.Integer()),
  gapMs: Nullable(Type.Integer()),
  faults: Type.Array(Type.String()),
  changed: Type.Boolean(),
  /** When the hospital's rule removed the sound. */
  expiredAt: Nullable(Type.String()),
  /** Who keeps it from expiring, and why. */
  hold: Nullable(Type.Object({ by: Type.String(), at: Type.String(), reason: Type.String() })),
})
export type ReplayPart = Static<typeof ReplayPart>

export const ReplayMarker = Type.Object({
  /** The event's type; `given` for an answer that an agent wrote down. */
  type: Type.String(),
  recordingId: Type.String(),
  /** Into that recording. */
  offsetMs: Type.Integer(),
  questionId: Nullable(Type.String()),
  /** As it was journaled; ids, keys and codes, people by name. */
  body: Type.Record(Type.String(), Type.Unknown()),
})
export type ReplayMarker = Static<typeof ReplayMarker>

/** What a player needs besides the sound. */
export const CallReplay = Type.Object({
  parts: Type.Array(ReplayPart),
  markers: Type.Array(ReplayMarker),
  /** Where each question of the form is heard in this call, in the order of the form. */
  places: Type.Array(Type.Object({ questionId: Type.String(), recordingId: Type.String(), offsetMs: Type.Integer() })),
})
export type CallReplay = Static<typeof CallReplay>
