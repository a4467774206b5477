import { sql } from 'kysely'
import { afterEach, describe, expect, it } from 'vitest'
import { campaignControl } from '../../src/follow-up/dialling/campaign-control.ts'
import { status } from '../../src/follow-up/status/status.ts'
import { systemActor } from '../../src/platform/audit/audit-store.ts'
import { hasProgram } from '../harness/programs.ts'
import { pause, type SippRun, startSipp, uas } from '../harness/sipp.ts'
import { waitFor } from '../harness/wait-for.ts'
import { type Hospital, openHospital } from './hospital.ts'
import { invited, patientOptions } from './patients.ts'

let hospital: Hospital | undefined
let telephone: SippRun | undefined
afterEach(async () => {
  await hospital?.close()
  await telephone?.close()
})

const patients = 40
/** Rings long enough that the pause finds calls under way. */
const busy = [uas.expect('INVITE'), uas.answer(180), pause(500), uas.answer(486), uas.expect('ACK')]

describe.skipIf(!hasProgram('sipp'))('a paused campaign', () => {
  it('sends no INVITE after its pause but those already on their way, and resumed dials each of the others once', async () => {
    telephone = await startSipp(busy, patientOptions(patients + 1))
    hospital = await openHospital({ patients, trunk: { port: telephone.port, lines: 4 } })
    const { ground, rows } = hospital
    const { db } = ground
    const calls = telephone
    const campaignId = (await rows<{ id: string }>(sql`select id from campaign`))[0]?.id ?? ''
    await hospital.open()
    await waitFor(async () => (await invited(calls)).length >= 5, { what: 'five INVITEs', timeoutMs: 60_000 })

    await campaignControl(db).pause(campaignId, systemActor)
    const committed = (await rows<{ at: Date }>(sql`select clock_timestamp() as at`))[0]?.at
    await waitFor(async () => (await rows(sql`select id from attempt where state <> 'ended'`)).length === 0, {
      what: 'the end of what was begun',
      timeoutMs: 30_000,
    })
    // Something for the dialler to find, if it looked.
    await sql`select pg_notify('suifang_work', '')`.execute(db)
    const { tasks, whyNot } = await status(db)
    const sent = await invited(calls)
    // The gate had let these through before the pause was committed.
    const begun = await rows<{ id: string }>(sql`select id from attempt where dialing_at <= ${committed}`)
    expect(sent.length).toBeLessThan(patients)
    const known = new Set(begun.map(({ id }) => id))
    expect(sent.filter(({ attemptId }) => !known.has(attemptId))).toEqual([])
    expect(whyNot[0]).toMatchObject({ state: 'paused' })
    expect(tasks.scheduled).toBe(patients - sent.length)

    await campaignControl(db).start(campaignId, systemActor)
    const all = await waitFor(
      async () => {
        const found = await invited(calls)
        return found.length >= patients && found
      },
      { what: 'an INVITE for everybody', timeoutMs: 60_000 },
    )
    expect(all.slice(0, sent.length)).toEqual(sent)
    const dialled = await waitFor(
      async () => {
        const found = await rows<{ id: string; taskId: string }>(
          sql`select id, task_id from attempt where result = 'busy'`,
        )
        return found.length >= patients && found
      },
      { what: 'the end of every call', timeoutMs: 60_000 },
    )
    expect(all.map(({ attemptId }) => attemptId).toSorted()).toEqual(dialled.map(({ id }) => id).toSorted())
    expect(new Set(dialled.map(({ taskId }) => taskId)).size).toBe(patients)
  })
})
