import { type Static, Type } from 'typebox'

const Instant = Type.String({ format: 'date-time' })
const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()])

/** The seat as its page shows it. */
export const SeatView = Type.Object({
  id: Type.String(),
  status: Type.String(),
  statusReason: orNull(Type.String()),
  state: Type.String(),
  since: Instant,
  phone: orNull(Type.Object({ extension: Type.String(), live: Type.Boolean() })),
  /** When after-call work ends, while there is any. */
  wrapUpUntil: orNull(Instant),
  /** From its reservation to the end of after-call work. */
  call: orNull(
    Type.Object({
      callId: Type.String(),
      attemptId: Type.String(),
      taskId: Type.String(),
      answered: Type.Boolean(),
      held: Type.Boolean(),
    }),
  ),
  /** Events of stream `seat:<id>` after this one are not in here yet. */
  offset: Type.Integer(),
})
export type SeatView = Static<typeof SeatView>

export const StatusWish = Type.Object(
  {
    status: Type.Union([Type.Literal('available'), Type.Literal('on_break'), Type.Literal('away')]),
    reason: Type.Optional(Type.String({ maxLength: 60 })),
  },
  { additionalProperties: false },
)

export const MoreTime = Type.Object(
  { seconds: Type.Integer({ minimum: 1, maximum: 900 }) },
  { additionalProperties: false },
)
