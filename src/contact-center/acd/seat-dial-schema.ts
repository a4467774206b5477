import { Type } from 'typebox'
import { Reason } from '#platform/audit/reason.ts'

const closed = { additionalProperties: false } as const
const Id = Type.String({ format: 'uuid' })

/** @property phoneId one of the patient's numbers; absent: the one that is next by plan */
export const DialOrder = Type.Object({ taskId: Id, phoneId: Type.Optional(Id) }, closed)
export const PreviewDial = Type.Object({ phoneId: Type.Optional(Id) }, closed)
export const PreviewSkip = Type.Object({ reason: Reason }, closed)
export const Digits = Type.Object({ digits: Type.String({ pattern: '^[0-9*#]{1,32}$' }) }, closed)
