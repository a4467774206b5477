import { type Static, Type } from 'typebox'

const Instant = Type.String({ format: 'date-time' })
const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()])
const Mode = Type.Union([Type.Literal('monitor'), Type.Literal('coach'), Type.Literal('barge')])

/** The call that occupies a seat, from its reservation to the end of after-call work. */
const FloorCall = Type.Object({
  callId: Type.String(),
  attemptId: Type.String(),
  taskId: Type.String(),
  campaignId: Type.String(),
  answeredAt: orNull(Instant),
})

/** Each as its stream `floor:<teamId>` tells of it: `seat.changed`, `supervision.changed`. */
const FloorSeat = Type.Object({
  seatId: Type.String(),
  agentId: Type.String(),
  agentNo: Type.String(),
  name: Type.String(),
  teamId: Type.String(),
  status: Type.String(),
  statusReason: orNull(Type.String()),
  statusSince: Instant,
  state: Type.String(),
  since: Instant,
  phone: orNull(
    Type.Object({
      extension: Type.String(),
      kind: Type.Union([Type.Literal('desk'), Type.Literal('browser')]),
      live: Type.Boolean(),
    }),
  ),
  call: orNull(FloorCall),
  supervision: Type.Array(
    Type.Object({ supervisorId: Type.String(), name: Type.String(), mode: Mode, since: Instant }),
  ),
})

/** As its stream tells of it: `queue.changed`. */
const FloorQueue = Type.Object({
  queueId: Type.String(),
  name: Type.String(),
  teamId: Type.String(),
  waiting: Type.Integer(),
  longestSince: orNull(Instant),
})
export type FloorQueue = Static<typeof FloorQueue>

/** A supervisor's teams at one moment. */
export const FloorView = Type.Object({
  teams: Type.Array(Type.Object({ id: Type.String(), name: Type.String() })),
  seats: Type.Array(FloorSeat),
  queues: Type.Array(FloorQueue),
  /** By stream: events after this one are not in here yet. */
  offsets: Type.Record(Type.String(), Type.Integer()),
  /** What the instants in here are by. */
  serverTime: Instant,
})
export type FloorView = Static<typeof FloorView>
