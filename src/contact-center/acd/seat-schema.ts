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
  phone: orNull(
    Type.Object({
      extension: Type.String(),
      kind: Type.Union([Type.Literal('desk'), Type.Literal('browser')]),
      live: Type.Boolean(),
    }),
  ),
  /** The page that has the seat; another one's commands are refused. Null before the first. */
  pageId: orNull(Type.String()),
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
  /** The task whose record is shown before it is dialled, while the seat is `previewing`. */
  preview: orNull(Type.Object({ taskId: Type.String(), campaignId: Type.String(), offeredAt: Instant })),
  /** Supervisors in the call whom somebody in it can hear. */
  supervisors: Type.Array(
    Type.Object({
      name: Type.String(),
      mode: Type.Union([Type.Literal('monitor'), Type.Literal('coach'), Type.Literal('barge')]),
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

/** What a page says when it opens the seat. */
export const PageOpening = Type.Object(
  { pageId: Type.String({ format: 'uuid' }), takeOver: Type.Optional(Type.Boolean()) },
  { additionalProperties: false },
)

/** The seat, and for a browser phone what the page's phone registers with. */
export const OpenedSeat = Type.Object({
  seat: SeatView,
  softphone: orNull(
    Type.Object({
      uri: Type.String(),
      username: Type.String(),
      /** Told only here; the next opening makes it void. */
      password: Type.String(),
      /** Whom the phone calls, to be the seat's leg. */
      target: Type.String(),
      /** Of the WebSocket, on the console's own host. */
      path: Type.String(),
    }),
  ),
})
export type OpenedSeat = Static<typeof OpenedSeat>
