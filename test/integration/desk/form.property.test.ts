import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Outcome } from '../../../src/contact-center/contact-center-tables.ts'
import { instantAt } from '../../../src/follow-up/calling/hospital-day.ts'
import { UserError } from '../../../src/platform/errors/errors.ts'
import { monday } from '../follow-up/office.ts'
import { Desk, type Person } from './desk.ts'

/**
 * Whatever an agent saves, takes back and says, in whatever order and however many at a time: the rows are those of a
 * model that knows the form by itself, and the task goes where the last word and the answers send it.
 */

type Step =
  | { readonly do: 'burst'; readonly answers: readonly (readonly [string, unknown])[] }
  | { readonly do: 'clear'; readonly question: string }
  | { readonly do: 'outcome'; readonly outcome: Outcome }
  | { readonly do: 'note'; readonly note: string }
  | { readonly do: 'hangUp' }

/** A value that the form takes, or one that it refuses. */
const answer: fc.Arbitrary<readonly [string, unknown]> = fc.oneof(
  fc.tuple(fc.constant('health'), fc.constantFrom('well', 'same', 'worse', 'gone')),
  fc.tuple(fc.constant('detail'), fc.constantFrom('头痛', "'; drop table answer", '', '\u0000')),
  fc.tuple(
    fc.constant('symptoms'),
    fc.constantFrom(['fever'], ['fever', 'pain'], ['none'], ['none', 'pain'], ['fever', 'fever']),
  ),
  fc.tuple(fc.constant('pressure'), fc.constantFrom(60, 120, 260, 59.9, 261, Number.NaN)),
  fc.tuple(fc.constant('visit'), fc.constantFrom('2026-12-01', '2026-13-01')),
)

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('burst'),
      answers: fc.uniqueArray(answer, { minLength: 1, maxLength: 4, selector: ([question]) => question }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('clear'),
      question: fc.constantFrom('health', 'detail', 'symptoms', 'pressure', 'visit'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('outcome'),
      outcome: fc.constantFrom<Outcome>(
        'done',
        'done',
        'done',
        'partial',
        'callback',
        'refused',
        'wrong_person',
        'proxy',
        'uncooperative',
        'deceased',
        'readmitted',
        'moved',
        'other',
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('note'), note: fc.constantFrom('一', '二', '') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('hangUp') }) },
)

const good: Readonly<Record<string, readonly string[]>> = {
  health: ['"well"', '"same"', '"worse"'],
  detail: ['"头痛"', '"\'; drop table answer"'],
  symptoms: ['["fever"]', '["fever","pain"]', '["none"]'],
  pressure: ['60', '120', '260'],
  visit: ['"2026-12-01"'],
}

class Model {
  readonly answers = new Map<string, unknown>()
  readonly versions: string[] = []
  outcome: Outcome | null = null
  note: string | null = null

  get complete(): boolean {
    const detail = this.answers.get('health') !== 'worse' || this.answers.has('detail')
    return this.answers.has('health') && this.answers.has('pressure') && detail
  }

  /** @returns whether it is taken */
  save(question: string, value: unknown): boolean {
    if (!good[question]?.includes(JSON.stringify(value))) return false
    this.answers.set(question, value)
    return true
  }

  say(outcome: Outcome): boolean {
    if ((outcome === 'done' || outcome === 'proxy') && !this.complete) return false
    this.outcome = outcome
    this.#version()
    return true
  }

  write(note: string): void {
    this.note = note === '' ? null : note
    this.#version()
  }

  #version(): void {
    const version = JSON.stringify([this.outcome, this.note])
    if (version !== (this.versions.at(-1) ?? '[null,null]')) this.versions.push(version)
  }

  get taskState(): string {
    switch (this.outcome) {
      case 'done':
      case 'proxy':
      case null:
        return this.complete ? 'completed' : 'retry_wait'
      case 'callback':
      case 'refused':
        return this.outcome
      case 'deceased':
      case 'moved':
        return 'stopped'
      case 'readmitted':
        return 'suspended'
      case 'wrong_person':
        // The patient's only number is gone; what was answered until then keeps the task from counting as failed.
        return this.answers.size > 0 ? 'partial' : 'failed'
      case 'other':
        return 'failed'
      default:
        return 'retry_wait'
    }
  }

  get rows(): Record<string, unknown> {
    const skipped = this.taskState === 'completed' && this.answers.get('health') !== 'worse'
    return { ...Object.fromEntries(this.answers), ...(skipped ? { detail: 'not_applicable' } : {}) }
  }
}

let desk: Desk
let agent: Person
beforeAll(async () => {
  desk = await Desk.open()
  agent = await desk.agent()
})
afterAll(() => desk.close())

/** @returns whether it was taken */
function taken(write: Promise<unknown>): Promise<boolean> {
  return write.then(
    () => true,
    (error: unknown) => {
      if (error instanceof UserError && /^DESK_(ANSWER|FORM)_/.test(error.code)) return false
      throw error
    },
  )
}

async function live(steps: readonly Step[]): Promise<void> {
  const model = new Model()
  const { taskId, attemptId, work } = await desk.talking(agent)
  const by = desk.actor(agent)
  let over = false
  for (const one of steps) {
    switch (one.do) {
      case 'burst': {
        const saved = one.answers.map(([id, value]) => taken(desk.form.saveAnswer(taskId, agent.id, id, value)))
        expect(await Promise.all(saved)).toEqual(one.answers.map(([id, value]) => model.save(id, value)))
        break
      }
      case 'clear':
        await desk.form.clearAnswer(taskId, agent.id, one.question)
        model.answers.delete(one.question)
        break
      case 'outcome': {
        const more = {
          ...(one.outcome === 'other' ? { text: '其他' } : {}),
          ...(one.outcome === 'callback' ? { callbackAt: instantAt(monday, '16:00') } : {}),
        }
        const said = taken(desk.form.setOutcome(taskId, agent.id, { outcome: one.outcome, ...more }, by))
        expect(await said).toBe(model.say(one.outcome))
        break
      }
      case 'note':
        await desk.form.setNote(taskId, agent.id, one.note, by)
        model.write(one.note)
        break
      case 'hangUp':
        if (!over) await desk.hangUp(work)
        over = true
    }
  }
  const record = await desk.read(taskId, agent)
  expect(record.answers).toEqual(Object.fromEntries(model.answers))
  expect(record).toMatchObject({ complete: model.complete, outcome: model.outcome, note: model.note })
  if (!over) await desk.hangUp(work)
  await desk.finish(work)
  expect((await desk.office.task(taskId)).state).toBe(model.taskState)
  expect((await desk.office.attempt(attemptId)).outcome).toBe(model.outcome)
  const standing = Object.entries(await desk.answers(taskId)).filter(([, value]) => value !== null)
  expect(Object.fromEntries(standing)).toEqual(model.rows)
  const versions = await desk.db
    .selectFrom('callSummary')
    .select(['outcome', 'note'])
    .where('attemptId', '=', attemptId)
    .orderBy('version')
    .execute()
  expect(versions.map(({ outcome, note }) => JSON.stringify([outcome, note]))).toEqual(model.versions)
}

it('the rows are those of the model, whatever is saved, taken back and said', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 20 }), live), { numRuns: 40 })
}, 120_000)
