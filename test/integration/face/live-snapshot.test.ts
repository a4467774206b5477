import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { type LiveView, recentResultsShown, viewOf, withEvents } from '../../../src/console/live/live-view.ts'
import { recentResultsKept } from '../../../src/follow-up/live/live-schema.ts'
import { Live } from '../../../src/follow-up/live/live-service.ts'
import { readStream } from '../../../src/platform/realtime/stream-store.ts'
import { secretsOf } from '../../../src/platform/secrets.ts'
import { CallScript, type HospitalCall, type HospitalTask, makeHospital } from '../../e2e/fixture/hospital.ts'
import { testDatabase } from '../../harness/database.ts'

const database = await testDatabase()
const { db } = database
afterAll(() => database.close())
const secrets = secretsOf(randomBytes(32))
const hospital = await makeHospital(db, secrets, { patients: 300 })
const script = new CallScript(db, hospital)
const live = new Live({ db, decrypt: secrets.decrypt, whyNot: async () => ({ callable: 0, reasons: [] }) })

/** Calls moved on at random: what each can do next follows from where it is. */
class RandomCalls {
  readonly #waiting: HospitalTask[] = [...hospital.tasks]
  readonly #calls: { call: HospitalCall; state: 'dialing' | 'ringing' | 'answered'; question: number }[] = []

  async move(choice: number): Promise<void> {
    const one = this.#calls[choice % (this.#calls.length + 1)]
    if (one === undefined) {
      const task = this.#waiting.shift()
      if (task !== undefined) this.#calls.push({ call: await script.dial(task), state: 'dialing', question: 0 })
      return
    }
    if (one.state === 'dialing') {
      if (choice % 4 === 0) return this.#end(one, 'busy', 'retry_wait')
      await script.ring(one.call)
      one.state = 'ringing'
    } else if (one.state === 'ringing') {
      if (choice % 4 === 0) return this.#end(one, 'no_answer', 'failed')
      await script.answer(one.call)
      one.state = 'answered'
    } else if (one.question < hospital.questionIds.length && choice % 5 !== 0) {
      await script.question(one.call, one.question)
      one.question += 1
    } else {
      await this.#end(one, one.question === hospital.questionIds.length ? 'completed' : 'partial', 'completed')
    }
  }

  async #end(
    one: (typeof RandomCalls.prototype.calls)[number],
    result: 'busy' | 'no_answer' | 'completed' | 'partial',
    task: 'retry_wait' | 'failed' | 'completed',
  ): Promise<void> {
    this.#calls.splice(this.#calls.indexOf(one), 1)
    await script.end(one.call, one.state, result, task)
  }

  get calls() {
    return this.#calls
  }
}

const random = new RandomCalls()

async function caughtUp(view: LiveView): Promise<LiveView> {
  const { events, gap } = await readStream(db, 'live', view.offset, 10_000)
  expect(gap).toBe(false)
  return withEvents(
    view,
    events.map((event) => ({ ...event, at: event.at.toISOString() })),
  )
}

/** Instants differ by what passes between a row and its event. */
function comparable({ offset, campaigns, calls, recentResults, stale }: LiveView) {
  return {
    offset,
    stale,
    campaigns: campaigns.map(({ tasks, results, state }) => ({ tasks, results, state })),
    calls: calls.map(({ attemptId, state, question }) => ({ attemptId, state, question })),
    recentResults: recentResults.map(({ attemptId, result }) => ({ attemptId, result })),
  }
}

describe('the live page', () => {
  it('shows by snapshot and events, whenever the snapshot was taken, what a snapshot would show now', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(1_000), { minLength: 1, maxLength: 25 }), fc.nat(24), async (choices, at) => {
        const views: LiveView[] = [viewOf(await live.snapshot({ clear: false }))]
        for (const [index, choice] of choices.entries()) {
          await random.move(choice)
          if (index === at) views.push(viewOf(await live.snapshot({ clear: false })))
        }
        const now = comparable(viewOf(await live.snapshot({ clear: false })))
        for (const view of views) expect(comparable(await caughtUp(view))).toEqual(now)
      }),
      { numRuns: 20 },
    )
  })

  it('takes its snapshot at one instant, whatever is written meanwhile', async () => {
    let writing = true
    const writer = (async () => {
      for (let move = 0; writing && move < 400; move += 1) await random.move(move * 7)
    })()
    const views: LiveView[] = []
    for (let look = 0; look < 8; look += 1) views.push(viewOf(await live.snapshot({ clear: false })))
    writing = false
    await writer
    const now = comparable(viewOf(await live.snapshot({ clear: false })))
    for (const view of views) expect(comparable(await caughtUp(view))).toEqual(now)
  })

  it('keeps as many results as a snapshot brings, so that both show the same', () => {
    expect(recentResultsShown).toBe(recentResultsKept)
  })

  it('shows people masked to who has no right to see them', async () => {
    const masked = await live.snapshot({ clear: false })
    const clear = await live.snapshot({ clear: true })
    expect(masked.people.length).toBeGreaterThan(0)
    for (const { name, phone } of masked.people) {
      expect(name).toMatch(/^.\*{1,3}$/u)
      expect(phone).toMatch(/^138\*{4}\d{4}$/)
    }
    for (const { phone } of clear.people) expect(phone).toMatch(/^138\d{8}$/)
    const [someone] = clear.people
    expect(await live.people([someone?.attemptId ?? ''], { clear: false })).toEqual(
      masked.people.filter(({ attemptId }) => attemptId === someone?.attemptId),
    )
  })
})
