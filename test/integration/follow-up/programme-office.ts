import type { ProgrammeCard, ProgrammeContent } from '../../../src/follow-up/programmes/programme-schema.ts'
import { publishFlowVersion } from '../../../src/follow-up/programmes/publish-programme.ts'
import type { Role } from '../../../src/platform/auth/rights.ts'
import { frozenClock } from '../../../src/platform/clock.ts'
import { newId } from '../../../src/platform/ids.ts'
import { type Face, openFace, type SignedIn, signedIn } from '../../e2e/fixture/face.ts'
import { Office } from './office.ts'

/** Why somebody publishes, where a test does not care. */
export const reason = '下月起'

type Step = ProgrammeContent['steps'][number]

/** An office with its routes and a supervisor who plans: what the tests of programmes stand on. */
export class ProgrammeOffice {
  readonly office: Office
  readonly supervisor: SignedIn
  readonly #face: Face
  readonly #flowVersionId: string

  private constructor(office: Office, face: Face, supervisor: SignedIn, flowVersionId: string) {
    this.office = office
    this.#face = face
    this.supervisor = supervisor
    this.#flowVersionId = flowVersionId
  }

  static async open(): Promise<ProgrammeOffice> {
    const office = await Office.open()
    const flow = { id: 'survey', nodes: { ask: { kind: 'survey' } } }
    const flowVersionId = await office.db.transaction().execute((tx) => publishFlowVersion(tx, 'survey', flow))
    const face = await openFace({ db: office.db, databaseUrl: office.database.url, clock: frozenClock(office.now) })
    return new ProgrammeOffice(office, face, await signedIn(face, office.db, ['supervisor']), flowVersionId)
  }

  async close(): Promise<void> {
    await this.#face.close()
    await this.office.close()
  }

  signIn(role: Role): Promise<SignedIn> {
    return signedIn(this.#face, this.office.db, [role])
  }

  tasksOf(patientId: string) {
    return this.office.db.selectFrom('task').selectAll().where('patientId', '=', patientId).orderBy('dueOn').execute()
  }

  enrolmentsOf(patientId: string) {
    return this.office.db.selectFrom('enrolment').selectAll().where('patientId', '=', patientId).orderBy('id').execute()
  }

  async cardOf(id: string): Promise<ProgrammeCard> {
    return (await this.supervisor.ask('GET', `/programmes/${id}`)).json()
  }

  /** What a step asks with: the flow, and the form that was published first. */
  async published() {
    const { db } = this.office
    const form = await db.selectFrom('questionnaireVersion').select('id').orderBy('id').executeTakeFirstOrThrow()
    return { questionnaireVersionId: form.id, flowVersionId: this.#flowVersionId }
  }

  async step(of: Partial<Step> = {}): Promise<Step> {
    const when = { afterDays: 7, fixedOn: null, dueTime: null, restDayRule: 'keep' as const }
    return { ...when, expiresAfterDays: 30, priority: 5, ...(await this.published()), ...of }
  }

  async content(of: Partial<ProgrammeContent> = {}): Promise<ProgrammeContent> {
    return { match: { kinds: ['inpatient'] }, exclusions: { dispositions: [] }, steps: [await this.step()], ...of }
  }

  /** The next version: what the one in force says but for `of`. */
  async publish(id: string, of: Partial<ProgrammeContent>, wish: object = {}) {
    const { programme } = await this.cardOf(id)
    const { content: now, version, name } = programme
    return this.supervisor.ask('POST', `/programmes/${id}/versions`, {
      basedOn: version,
      name,
      content: { ...now, ...of },
      reason,
      ...wish,
    })
  }

  async create(of: Partial<ProgrammeContent> = {}, wish: object = {}) {
    return this.supervisor.ask('POST', '/programmes', {
      siteId: this.office.siteId,
      name: '冠心病',
      legalBasis: 'duty',
      purpose: 'clinical',
      isDefault: false,
      content: await this.content(of),
      reason,
      ...wish,
    })
  }

  /** @returns the id of its only version */
  async questionnaire(code: string): Promise<string> {
    const { db } = this.office
    const [id, versionId] = [newId(), newId()]
    await db.insertInto('questionnaire').values({ id, code, name: code }).execute()
    const definition = JSON.stringify({ id: code, version: 1 })
    await db
      .insertInto('questionnaireVersion')
      .values({ id: versionId, questionnaireId: id, version: 1, definition })
      .execute()
    return versionId
  }
}
