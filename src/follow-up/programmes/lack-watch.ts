import type { AskedFlow, FlowLack } from '#contact-center/ivr/flow-shelf.ts'
import { variablesOf } from '#contact-center/ivr/json.ts'
import type { Clock } from '#platform/clock.ts'
import type { Ground } from '#platform/database/database.ts'
import type { ReadinessPart } from '#platform/http/readiness.ts'
import { type Log, logError } from '#platform/log.ts'
import { appendToStream } from '#platform/realtime/stream-store.ts'
import { Rounds } from '#platform/rounds.ts'
import { publishedVersions } from '../dialling/work-store.ts'
import { liveStream } from '../live/live-schema.ts'
import { tellDiallers } from '../tasks/work-channel.ts'
import {
  lacksInForce,
  type ProgrammeLack,
  type SpokenStep,
  saveLacks,
  spokenSteps,
  stepsStillOwed,
} from './lack-store.ts'

export interface LackWatchParts {
  readonly db: Ground
  readonly clock: Clock
  readonly log: Log
  /** This node's name. */
  readonly node: string
  /** Whether this node can lead a call through it now. */
  readonly lackOf: (asked: AskedFlow) => FlowLack | null
}

const everyMs = 30_000
/** While something is lacking: people wait for it. */
const soonMs = 5_000

type Lacking = SpokenStep & { readonly lack: FlowLack }

/**
 * Watches whether this node can ask what programmes ask by keys, and says in the rows what it lacks: the gate then holds the
 * programme (`sound_lost`, `not_by_keys`; migration 0032), so that nobody is called only to hear an apology, and lets it go
 * on when the file is back. Of the versions of a programme the one in force counts, and those that somebody is still to be
 * called for.
 */
export class LackWatch {
  readonly #parts: LackWatchParts
  readonly #rounds: Rounds
  /** By the id of a version, as published: they never change. */
  readonly #published = new Map<string, unknown>()
  /** Null before the first look that was kept: what an earlier process said may still stand. */
  #said: ReadonlyMap<string, ProgrammeLack> | null = null

  constructor(parts: LackWatchParts) {
    this.#parts = parts
    this.#rounds = new Rounds({ clock: parts.clock, look: () => this.#look() })
  }

  /** Looks now, and then by itself; resolves when it has been looked. */
  async look(): Promise<void> {
    this.#rounds.wake()
    await this.#rounds.rest()
  }

  async close(): Promise<void> {
    await this.#rounds.close()
  }

  /** For `/readyz`: a warning, of what any node lacks. */
  readonly readiness: ReadinessPart = {
    name: 'questionnaires',
    warns: true,
    check: async () => {
      await this.look()
      const lacks = await lacksInForce(this.#parts.db)
      if (lacks.length === 0) return null
      const told = lacks.map(({ name, node, reason, what }) => `${name} (${node}, ${reason}: ${what.join('; ')})`)
      return `programmes are not dialled for want of what they say: ${told.join(', ')}`
    },
  }

  async #look(): Promise<number> {
    try {
      const lacks = byProgramme(await this.#lacking())
      if (lacks.size > 0 || this.#said === null || this.#said.size > 0) await this.#say(lacks)
      return lacks.size > 0 ? soonMs : everyMs
    } catch (error) {
      logError(this.#parts.log, error, 'what programmes lack could not be told')
      return soonMs
    }
  }

  async #lacking(): Promise<readonly Lacking[]> {
    const { db, lackOf } = this.#parts
    const steps = await spokenSteps(db)
    await this.#learn(steps)
    const lacking = steps.flatMap((step) => {
      const { flowVersionId, questionnaireVersionId: asksVersionId } = step
      const questionnaire = asksVersionId === null ? null : this.#published.get(asksVersionId)
      const variables = variablesOf({ questionnaire })
      const lack = lackOf({ flowVersionId, asksVersionId, flow: this.#published.get(flowVersionId), variables })
      return lack === null ? [] : [{ ...step, lack }]
    })
    const owed = await stepsStillOwed(
      db,
      lacking.filter(({ inForce }) => !inForce),
    )
    return lacking.filter(({ inForce, stepId }) => inForce || owed.has(stepId))
  }

  async #learn(steps: readonly SpokenStep[]): Promise<void> {
    const needed = new Set(steps.flatMap((step) => [step.flowVersionId, step.questionnaireVersionId ?? []].flat()))
    for (const id of this.#published.keys()) if (!needed.has(id)) this.#published.delete(id)
    const unknown = [...needed].filter((id) => !this.#published.has(id))
    if (unknown.length === 0) return
    for (const { id, definition } of await publishedVersions(this.#parts.db, unknown)) {
      this.#published.set(id, definition)
    }
  }

  async #say(lacks: ReadonlyMap<string, ProgrammeLack>): Promise<void> {
    const { db, log, node } = this.#parts
    const changed = await db.transaction().execute(async (tx) => {
      const news = await saveLacks(tx, node, [...lacks.values()])
      if (news.length === 0) return news
      await tellDiallers(tx)
      const events = news.map((programmeId) => ({ type: 'programme.changed', payload: { programmeId } }))
      await appendToStream(tx, liveStream, events)
      return news
    })
    this.#said = lacks
    for (const programmeId of changed) {
      const lack = lacks.get(programmeId)
      if (lack === undefined) log.info({ programmeId }, 'the programme can be asked by keys again')
      else log.error({ ...lack }, 'a keypress survey of the programme is not dialled: it could only apologise')
    }
  }
}

/** A lost sound is told before what no file mends: it was asked yesterday. */
function byProgramme(lacking: readonly Lacking[]): ReadonlyMap<string, ProgrammeLack> {
  const programmes = [...Map.groupBy(lacking, ({ programmeId }) => programmeId)]
  return new Map(
    programmes.map(([programmeId, steps]) => {
      const lost = steps.some(({ lack }) => lack.reason === 'sound_lost')
      const reason = lost ? 'sound_lost' : 'not_by_keys'
      const what = new Set(steps.filter(({ lack }) => lack.reason === reason).map(wordsOf))
      return [programmeId, { programmeId, reason, what: [...what] }]
    }),
  )
}

function wordsOf({ flow, flowVersion, questionnaire, questionnaireVersion, lack: { prompts } }: Lacking): string {
  const asked = questionnaire === null ? '' : `, ${questionnaire} ${questionnaireVersion}`
  return `${flow} ${flowVersion}${asked}${prompts.length === 0 ? '' : `: ${prompts.join(' ')}`}`
}
