import { sql } from 'kysely'
import { appendToStream } from '../../../src/platform/realtime/stream-store.ts'
import '../../../src/contact-center/acd/acd-tables.ts'
import type { AttemptResult, CallEventBody } from '../../../src/contact-center/calls/call-event.ts'
import type { Claimed } from '../../../src/contact-center/work-source.ts'
import { DeskForm } from '../../../src/follow-up/desk/form-service.ts'
import { PatientRecords } from '../../../src/follow-up/desk/record-service.ts'
import { publishQuestionnaireVersion } from '../../../src/follow-up/programmes/publish-programme.ts'
import { type Actor, systemActor } from '../../../src/platform/audit/audit-store.ts'
import { insertAccount } from '../../../src/platform/auth/account-store.ts'
import type { Right, Role } from '../../../src/platform/auth/rights.ts'
import { type Ground, openDatabase } from '../../../src/platform/database/database.ts'
import { newId } from '../../../src/platform/ids.ts'
import { answered, endedBy, invited, lease, noLeg, Office, secrets } from '../follow-up/office.ts'

const text = (zh: string, en: string) => ({ zh, en })
const option = (code: string, score?: number) => ({
  code,
  label: text(`${code}(中)`, code),
  ...(score === undefined ? {} : { score }),
})

/** One question of each kind that an agent fills in; `detail` only where the health is worse. */
export const questionnaire = {
  id: 'clinical',
  version: 1,
  title: text('出院随访', 'After discharge'),
  script: text('您好，{name}，这里是{site}。', 'Good day {name}, this is {site}.'),
  questions: [
    {
      id: 'health',
      kind: 'single',
      text: text('健康状况如何？', 'How is your health?'),
      required: true,
      options: [option('well', 100), option('same', 50), option('worse', 0)],
      findings: [{ level: 'red', answer: { in: ['worse'] }, text: text('病情加重', 'Worse') }],
    },
    {
      id: 'detail',
      kind: 'text',
      text: text('哪里不适？', 'What is the trouble?'),
      required: true,
      enableWhen: [{ question: 'health', answer: { in: ['worse'] } }],
      maxLength: 40,
    },
    {
      id: 'symptoms',
      kind: 'multiple',
      text: text('有哪些症状？', 'Which symptoms?'),
      required: false,
      maxPicks: 2,
      options: [option('fever'), option('cough'), option('pain'), { ...option('none'), exclusive: true }],
    },
    {
      id: 'pressure',
      kind: 'number',
      text: text('收缩压是多少？', 'Systolic pressure?'),
      required: true,
      min: 60,
      max: 260,
    },
    { id: 'visit', kind: 'date', text: text('何时复诊？', 'Next visit?'), required: false },
  ],
}

export interface Person {
  readonly id: string
  readonly signInName: string
  readonly seatId: string
}

/** The follow-up office with agents at their seats, whose reservations a test moves along by hand. */
export class Desk {
  readonly office: Office
  readonly form: DeskForm
  readonly records: PatientRecords
  readonly questionnaireVersionId: string
  readonly programmeId: string
  #count = 0
  #teamId = newId()

  private constructor(office: Office, questionnaireVersionId: string, programmeId: string) {
    this.office = office
    this.form = new DeskForm(office.db)
    this.records = new PatientRecords({ db: office.db, decrypt: (sealed) => secrets.decrypt(sealed) })
    this.questionnaireVersionId = questionnaireVersionId
    this.programmeId = programmeId
  }

  static async open(options: { readonly maxConnections?: number } = {}): Promise<Desk> {
    const office = await Office.open(options)
    const questionnaireVersionId = await office.db
      .transaction()
      .execute((tx) => publishQuestionnaireVersion(tx, { code: 'clinical', name: '随访', document: questionnaire }))
    const programmeId = await office.programme({ purpose: 'clinical', steps: [{ questionnaireVersionId }] })
    const desk = new Desk(office, questionnaireVersionId, programmeId)
    await office.db.insertInto('team').values({ id: desk.#teamId, siteId: office.siteId, name: '随访一组' }).execute()
    return desk
  }

  close(): Promise<void> {
    return this.office.close()
  }

  get db(): Ground {
    return this.office.db
  }

  /** As the owner of the schema. */
  readonly database = {
    owner: async (statement: string): Promise<void> => {
      const owner = openDatabase({ url: this.office.database.ownerUrl, maxConnections: 1 })
      await sql.raw(statement).execute(owner)
      await owner.destroy()
    },
  }

  /** A seat for somebody who has an account. @returns its id */
  async seatFor(userId: string): Promise<string> {
    const seatId = newId()
    this.#count += 1
    await this.db
      .insertInto('agent')
      .values({ userId, agentNo: `80${this.#count}`, teamId: this.#teamId, phoneId: null })
      .execute()
    await this.db.insertInto('seat').values({ id: seatId, agentId: userId }).execute()
    return seatId
  }

  async agent(roles: readonly Role[] = ['agent']): Promise<Person> {
    const id = newId()
    const signInName = `agent-${id.slice(-8)}`
    const account = { id, signInName, displayName: signInName, passwordHash: 'x', mustChangePassword: false }
    await this.db.transaction().execute((tx) => insertAccount(tx, account, roles))
    const seatId = await this.seatFor(id)
    return { id, signInName, seatId }
  }

  /** A task whose call is offered to this agent's seat. */
  async reserved(agent: Person, due?: Awaited<ReturnType<Office['due']>>) {
    const task = due ?? (await this.office.due())
    const work = await this.office.claimOne(task.taskId)
    await this.db
      .insertInto('reservation')
      .values({ id: newId(), seatId: agent.seatId, attemptId: work.attemptId })
      .execute()
    return { ...task, work, attemptId: work.attemptId }
  }

  /** The patient is on the line. */
  async talking(agent: Person, due?: Awaited<ReturnType<Office['due']>>) {
    const call = await this.reserved(agent, due)
    await this.office.work().begin(call.work, lease)
    await this.office.tell(call.work, [invited, answered, bridgedWith(agent)])
    return call
  }

  /** The call is over, the after-call work is not. */
  async hangUp(work: Claimed, result: AttemptResult = 'completed'): Promise<void> {
    await this.office.tell(work, [endedBy(result)])
  }

  /** What the seat does at the end of the after-call work: the reservation and the task in one transaction. */
  async finish(work: Claimed): Promise<void> {
    const { attemptId, taskId } = work
    await this.db.transaction().execute(async (tx) => {
      await tx.updateTable('reservation').set({ state: 'completed' }).where('attemptId', '=', attemptId).execute()
      await appendToStream(tx, 'live', await this.office.work().agentCallOver(tx, { attemptId, taskId }))
    })
  }

  async moveReservation(attemptId: string, state: 'accepted' | 'wrapping' | 'completed' | 'rescinded' | 'canceled') {
    await this.db.updateTable('reservation').set({ state }).where('attemptId', '=', attemptId).execute()
  }

  read(taskId: string, person: Person, ...rights: readonly Right[]) {
    const reader = { accountId: person.id, rights: new Set<Right>(['seat.use', ...rights]) }
    return this.records.open(taskId, reader, this.actor(person))
  }

  actor(person: Person): Actor {
    return { ...systemActor, accountId: person.id, name: person.signInName }
  }

  /** Every required answer of somebody who is well. */
  async fill(taskId: string, agent: Person): Promise<void> {
    await this.form.saveAnswer(taskId, agent.id, 'health', 'well')
    await this.form.saveAnswer(taskId, agent.id, 'pressure', 120)
  }

  async answers(taskId: string): Promise<Record<string, unknown>> {
    const rows = await this.db
      .selectFrom('answer')
      .innerJoin('response', 'response.id', 'answer.responseId')
      .select(['answer.questionId', 'answer.value'])
      .where('response.taskId', '=', taskId)
      .execute()
    return Object.fromEntries(rows.map(({ questionId, value }) => [questionId, value]))
  }

  audit(action: string) {
    return this.db
      .selectFrom('auditRow')
      .select(['action', 'actorId', 'objectKind', 'objectId', 'outcome', 'detail'])
      .where('action', '=', action)
      .orderBy('id')
      .execute()
  }
}

function bridgedWith({ id, seatId }: Person): CallEventBody {
  return { type: 'bridged', seatId, agentId: id, ref: noLeg }
}
