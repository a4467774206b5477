import { Type } from 'typebox'

const closed = { additionalProperties: false } as const
const Id = Type.String({ format: 'uuid' })

/** @property phoneId one of the patient's numbers; absent: the one that is next by plan */
export const DialOrder = Type.Object({ taskId: Id, phoneId: Type.Optional(Id) }, closed)
export const PreviewDial = Type.Object({ phoneId: Type.Optional(Id) }, closed)
export const PreviewSkip = Type.Object({ reason: Type.String({ minLength: 1, maxLength: 200 }) }, closed)
export const Digits = Type.Object({ digits: Type.String({ pattern: '^[0-9*#]{1,32}$' }) }, closed)
