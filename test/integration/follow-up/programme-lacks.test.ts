import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { callPatient } from '../../../src/contact-center/calls/patient-call.ts'
import type { AskedFlow, FlowLack } from '../../../src/contact-center/ivr/flow-shelf.ts'
import { LackWatch } from '../../../src/follow-up/programmes/lack-watch.ts'
import { programmeCard } from '../../../src/follow-up/programmes/programme-reading.ts'
import { whyNot } from '../../../src/follow-up/status/why-not.ts'
import { frozenClock, type VirtualClock, virtualClock } from '../../../src/platform/clock.ts'
import { newId } from '../../../src/platform/ids.ts'
import { createLog, silentLog } from '../../../src/platform/log.ts'
import { lastOffset, readStream } from '../../../src/platform/realtime/stream-store.ts'
import { lease, Office } from './office.ts'

let office: Office
let programmeId: string
let campaignId: string
/** What each node lacks now. */
let lacking: Map<string, FlowLack>
let clock: VirtualClock
let told: { level: string; programmeId?: string; reason?: string }[]
const watches: LackWatch[] = []

const lostFever: FlowLack = { reason: 'sound_lost', prompts: ['own-fever'] }

beforeEach(async () => {
  office = await Office.open()
  programmeId = await office.programme()
  campaignId = (await office.db.selectFrom('programme').select('campaignId').executeTakeFirstOrThrow()).campaignId ?? ''
  lacking = new Map()
  clock = virtualClock(office.now)
  told = []
})
afterEach(async () => {
  for (const watch of watches.splice(0)) await watch.close()
  await office.close()
})

function node(name: string, lackOf = (_asked: AskedFlow) => lacking.get(name) ?? null): LackWatch {
  const log = createLog({ destination: { write: (line) => void told.push(JSON.parse(line)) } })
  const watch = new LackWatch({ db: office.db, clock, log, node: name, lackOf })
  watches.push(watch)
  return watch
}

const claim = () => office.work().claim(lease, office.trunkId, 10)
const missing = async () =>
  (await programmeCard({ db: office.db, isAskedByKeys: () => true }, programmeId)).programme.missing

describe('a programme whose keypress survey has lost a sound', () => {
  it('is held by the gate with its own reason, told on page, card and /readyz, and goes on by itself', async () => {
    const watch = node('node-a')
    const { taskId, numberId } = await office.due()
    const from = await lastOffset(office.db, 'live')
    await watch.look()
    expect([await office.gate(taskId, numberId), await missing(), await watch.readiness.check()]).toEqual([
      null,
      [],
      null,
    ])
    lacking.set('node-a', lostFever)
    await watch.look()
    expect(await office.gate(taskId, numberId)).toBe('sound_lost')
    expect(await claim()).toEqual([])
    expect(await whyNot(office.db, campaignId)).toEqual({ callable: 0, reasons: [{ reason: 'sound_lost', count: 1 }] })
    expect(await missing()).toEqual(['sound_lost'])
    expect(await watch.readiness.check()).toMatch(/node-a, sound_lost: test 1, test 1: own-fever/)
    await watch.look()
    lacking.clear()
    // By itself, as time passes.
    await clock.advance(5_000)
    await watch.look()
    expect([await office.gate(taskId, numberId), await missing(), await watch.readiness.check()]).toEqual([
      null,
      [],
      null,
    ])
    expect((await claim()).map((work) => work.taskId)).toEqual([taskId])
    const { events } = await readStream(office.db, 'live', from, 100)
    expect(events.filter(({ type }) => type === 'programme.changed')).toHaveLength(2)
    expect(told.map(({ level, reason }) => [level, reason])).toEqual([
      ['error', 'sound_lost'],
      ['info', undefined],
    ])
  })

  it('waits as long as one node that is there lacks it, and not for one that has gone', async () => {
    const { taskId, numberId } = await office.due()
    lacking.set('node-b', lostFever)
    await node('node-a').look()
    await node('node-b').look()
    expect(await office.gate(taskId, numberId)).toBe('sound_lost')
    await sql`update programme_lack set seen_at = clock_timestamp() - interval '6 minutes'`.execute(office.db)
    expect(await office.gate(taskId, numberId)).toBeNull()
    expect(await missing()).toEqual([])
  })

  it('is held from an earlier process on until this one has looked', async () => {
    const { taskId, numberId } = await office.due()
    lacking.set('node-a', lostFever)
    await node('node-a').look()
    const next = node('node-a')
    expect(await office.gate(taskId, numberId)).toBe('sound_lost')
    lacking.clear()
    await next.look()
    expect(await office.gate(taskId, numberId)).toBeNull()
  })

  it('is dialled for agents all the same, who read the questions', async () => {
    const { taskId, numberId } = await office.due()
    lacking.set('node-a', lostFever)
    const watch = node('node-a')
    await watch.look()
    await sql`
      with t as (insert into team (id, site_id, name) values (new_id(), ${office.siteId}, '随访组') returning id)
      update campaign set pacing = 'preview', team_id = t.id from t where campaign.id = ${campaignId}
    `.execute(office.db)
    expect([await office.gate(taskId, numberId), await watch.readiness.check()]).toEqual([null, null])
    expect(await missing()).toEqual([])
    await watch.look()
    expect((await sql`select from programme_lack`.execute(office.db)).rows).toEqual([])
  })

  it('is called by an agent by hand all the same, from the claim to the call', async () => {
    const { taskId } = await office.due()
    lacking.set('node-a', lostFever)
    await node('node-a').look()
    const seat = { lock: async () => 1, reserve: async () => {}, tell: async () => {} }
    const claimed = await office.work().claimTask(lease, { taskId, phoneId: null, seatId: newId() }, seat)
    expect(await office.begin(claimed)).toMatchObject(claimed)
    const other = await office.due()
    expect(await office.gate(other.taskId, other.numberId)).toBe('sound_lost')
  })

  it('waits for a version that is no longer in force only while somebody is to be called under it', async () => {
    const { taskId, numberId } = await office.due()
    const old = await office.db.selectFrom('programmeStep').select('id').executeTakeFirstOrThrow()
    const [{ versionId } = { versionId: '' }] = (
      await sql<{ versionId: string }>`
        insert into questionnaire_version (id, questionnaire_id, version, definition)
        select new_id(), questionnaire_id, 2, '{"id":"test","version":2}' from questionnaire_version
        returning id as version_id
      `.execute(office.db)
    ).rows
    await office.publish(programmeId, { steps: [{ questionnaireVersionId: versionId }] })
    const watch = node('node-a', ({ asksVersionId }) => (asksVersionId === versionId ? null : lostFever))
    await watch.look()
    expect((await office.task(taskId)).stepId).toBe(old.id)
    expect(await office.gate(taskId, numberId)).toBe('sound_lost')
    await office.db.updateTable('task').set({ state: 'stopped', reason: 'test' }).where('id', '=', taskId).execute()
    const newer = await office.due()
    await watch.look()
    expect(await office.gate(newer.taskId, newer.numberId)).toBeNull()
  })

  it('that no file would mend says that it cannot be asked by keys', async () => {
    const { taskId, numberId } = await office.due()
    lacking.set('node-a', { reason: 'not_by_keys', prompts: [] })
    await node('node-a').look()
    expect(await office.gate(taskId, numberId)).toBe('not_by_keys')
    expect(await claim()).toEqual([])
  })
})

it('a call that was claimed before the sound was lost never rings: it is given back, and the gate holds its task', async () => {
  const { taskId, numberId } = await office.due()
  const watch = node('node-a')
  await watch.look()
  const [work] = await claim()
  if (work === undefined) throw new Error('nothing was claimed')
  lacking.set('node-a', lostFever)
  await callPatient(
    {
      telephony: { dial: () => expect.unreachable() },
      work: office.work(),
      lease,
      clock: frozenClock(office.now),
      log: silentLog,
      resultRules: () => [],
      journal: () => expect.unreachable(),
      recordingPlace: () => expect.unreachable(),
      asking: { lackOf: () => 'sound_lost', tell: () => watch.look() },
      runFlow: () => expect.unreachable(),
      apology: () => expect.unreachable(),
      handOver: () => expect.unreachable(),
    },
    work,
  )
  expect(await office.attempt(work.attemptId)).toMatchObject({ state: 'ended', result: 'cancelled', invitedAt: null })
  expect(await office.task(taskId)).toMatchObject({ state: 'scheduled' })
  expect(await office.gate(taskId, numberId)).toBe('sound_lost')
  expect(await claim()).toEqual([])
})
