import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Role } from '../../../src/platform/auth/rights.ts'
import { type Face, openFace, type SignedIn, signedIn } from '../../e2e/fixture/face.ts'
import { Office, secrets } from './office.ts'

let office: Office
let face: Face
let supervisor: SignedIn
beforeAll(async () => {
  office = await Office.open()
  await office.programme()
  face = await openFace({ db: office.db, databaseUrl: office.database.url, secrets })
  supervisor = await signIn('supervisor')
})
afterAll(async () => {
  await face.close()
  await office.close()
})

const signIn = (role: Role) => signedIn(face, office.db, [role])

const all = { group: 'all', limit: 5 }

describe('what nobody types', () => {
  it.each([
    ['/patients/search', { patient: 'a\0b', limit: 5 }, 'body text'],
    ['/tasks/search', { ...all, patient: 'half \ud800' }, 'body text'],
    ['/tasks/search', { ...all, from: '0000-01-01' }, 'body/from format'],
    ['/tasks/search', { ...all, after: `1_${'-'.repeat(36)}` }, 'body/after pattern'],
    ['/tasks/change', { action: 'resume', reason: 'a\0b', taskIds: [] }, 'body text'],
    ['/reports/figures', { from: '0000-01-01', to: '0000-01-02' }, 'body/from format'],
  ])('POST %s %j is refused and told: %s', async (path, body, told) => {
    const reply = await supervisor.ask('POST', path, body)
    expect(reply.json()).toMatchObject({ code: 'INPUT_INVALID', message: expect.stringContaining(told) })
  })

  it('a time that no clock here shows moves no task', async () => {
    const { taskId } = await office.due()
    await office.force(taskId, 'partial')
    const wish = { action: 'dial_at', at: '2026-12-31T23:59:60Z', reason: '改期', taskIds: [taskId] }
    expect((await supervisor.ask('POST', '/tasks/change', wish)).statusCode).toBe(400)
  })

  it('an id with a prefix names nobody', async () => {
    const { patientId } = await office.due()
    expect((await supervisor.ask('GET', `/patients/urn:uuid:${patientId}`)).statusCode).toBe(400)
  })

  it('a state that is none has no tasks', async () => {
    const page = await supervisor.ask('POST', '/tasks/search', { ...all, state: 'constructor' })
    expect(page.json()).toMatchObject({ tasks: [], total: 0 })
  })
})

describe('what is known of a patient', () => {
  it('is no death of a day to come', async () => {
    const { patientId, taskId } = await office.due()
    const early = await supervisor.ask('POST', `/patients/${patientId}/death`, { on: '2026-11-24', reason: '登记' })
    expect(early.json()).toMatchObject({ code: 'PATIENT_DEATH_AHEAD' })
    expect(await office.task(taskId)).toMatchObject({ state: 'scheduled' })
    const today = await supervisor.ask('POST', `/patients/${patientId}/death`, { on: '2026-11-23', reason: '登记' })
    expect(today.statusCode).toBe(204)
  })

  it('tells who sees patients masked no name by way of who gave consent', async () => {
    const { patientId } = await office.due()
    const said = { purpose: 'research', decision: 'given', words: '同意研究', how: 'written', reason: '签字' }
    await supervisor.ask('POST', `/patients/${patientId}/consents`, { ...said, declaredBy: '王小明' })
    const qa = await signIn('qa')
    expect((await qa.ask('GET', `/patients/${patientId}`)).json().consents).toMatchObject([{ declaredBy: '王**' }])
    expect((await supervisor.ask('GET', `/patients/${patientId}`)).json().consents).toMatchObject([
      { declaredBy: '王小明' },
    ])
  })
})
