import { expect, it } from 'vitest'
import { answersFirst, type JournaledCallEvent } from './call-applier.ts'
import type { CallEventBody } from './call-event.ts'
import { neverDialled } from './call-events.ts'

const answered: CallEventBody = {
  type: 'answered',
  sipStatus: 200,
  earlyMedia: false,
  ref: {
    sipCallId: 'c',
    inviteTransaction: null,
    dialogId: null,
    localTag: null,
    remoteTag: null,
    channelUuid: null,
    mediaHost: null,
  },
}

function batchOf(...events: readonly (readonly [attemptId: string, body: CallEventBody])[]): JournaledCallEvent[] {
  return events.map(([attemptId, body], index) => ({
    event: { attemptId, callId: attemptId, taskId: 't', campaignId: 'c', seq: index + 1, at: new Date(0), body },
    lease: { owner: 'node', epoch: 1 },
  }))
}

const told = (parts: ReturnType<typeof answersFirst>) =>
  parts.map((part) => part.map(({ event }) => `${event.attemptId} ${event.body.type}`))

it('a call that was just answered does not wait for what else is in the batch', () => {
  const batch = batchOf(['old', neverDialled], ['new', { type: 'held' }], ['older', neverDialled], ['new', answered])
  expect(told(answersFirst(batch))).toEqual([
    ['new held', 'new answered'],
    ['old ended', 'older ended'],
  ])
})

it('a batch without an answer is applied as it came', () => {
  const batch = batchOf(['one', { type: 'held' }], ['two', neverDialled], ['one', neverDialled])
  expect(answersFirst(batch)).toEqual([batch])
})
