import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { UnexpectedError } from '#platform/errors/errors.ts'
import type { JournaledCallEvent } from './call-applier.ts'
import './call-errors.ts'
import type { CallEventBody } from './call-event.ts'

/** What every line of the journal must have; the body's own fields are the type's, written by this code. */
const line = Compile(
  Type.Object({
    event: Type.Object({
      attemptId: Type.String(),
      callId: Type.String(),
      taskId: Type.String(),
      campaignId: Type.String(),
      seq: Type.Integer({ minimum: 1 }),
      at: Type.String(),
      body: Type.Unsafe<CallEventBody>(Type.Object({ type: Type.String() })),
    }),
    lease: Type.Object({ owner: Type.String(), epoch: Type.Integer() }),
  }),
)

/**
 * Reads a journaled event back: its instant comes as text.
 * @throws UnexpectedError CALL_EVENT_UNREADABLE; the journal then puts the line aside
 */
export function parseJournaled(value: unknown): JournaledCallEvent {
  if (!line.Check(value)) throw new UnexpectedError('CALL_EVENT_UNREADABLE')
  const at = new Date(value.event.at)
  if (Number.isNaN(at.getTime())) throw new UnexpectedError('CALL_EVENT_UNREADABLE')
  return { event: { ...value.event, at }, lease: value.lease }
}
