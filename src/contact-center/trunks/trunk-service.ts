import { type LastChange, lastChange } from '#platform/audit/audit-reading.ts'
import { type Actor, writeAudit } from '#platform/audit/audit-store.ts'
import type { Clock } from '#platform/clock.ts'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import { OperationalError, UserError } from '#platform/errors/errors.ts'
import { newId } from '#platform/ids.ts'
import { type Log, logError } from '#platform/log.ts'
import { appendToStream, lastOffset } from '#platform/realtime/stream-store.ts'
import type { Secrets } from '#platform/secrets.ts'
import type { DialAnswer, DialFailure, Telephony } from '#telephony/telephony.ts'
import { wakeDiallers } from './diallers.ts'
import { ownedNumbers, ownNumber } from './owned-numbers.ts'
import { checkTrunk, checkTrunkHost, type TrunkDraft, type TrunkFields } from './trunk.ts'
import { trunkFault } from './trunk-fault.ts'
import type { HousePlace } from './trunk-host.ts'
import type { TestTold, TrunkBoard, TrunkChange, TrunkReplyTold, TrunkWish } from './trunk-schema.ts'
import {
  dialledCounts,
  enableTrunk,
  endTest,
  type FailureRow,
  failureRows,
  insertTest,
  insertTrunk,
  lastTests,
  lockNumber,
  lockTrunk,
  oneTrunkAtATime,
  type ShownTrunk,
  type TestRow,
  type TrunkRow,
  testRefusal,
  trunkNamed,
  trunkRows,
  updateTrunk,
} from './trunk-store.ts'
import './trunk-errors.ts'

export interface TrunkParts {
  readonly db: Ground
  readonly secrets: Pick<Secrets, 'encrypt' | 'decrypt'>
  /** Where a trunk belongs; made where the hospital is still empty. */
  readonly site: () => Promise<string>
  /** Its trunks lead elsewhere. */
  readonly house: () => HousePlace
  /** A new trunk may be the first that the hospital dials over. */
  readonly onAdded: (tx: GroundTransaction, trunkId: string) => Promise<void>
}

export interface TrunkTestParts {
  readonly telephony: Pick<Telephony, 'up' | 'dial' | 'askTrunk'>
  /** A number as people write it, in E.164. @throws UserError NUMBER_UNREADABLE */
  readonly readNumber: (text: string) => string
  readonly numberId: (tx: GroundTransaction, e164: string) => Promise<string>
  /** Why a number may not be called, in words. */
  readonly words: (reason: string) => { readonly zh: string; readonly en: string }
  /** What who answers a test hears; absolute path on the media server. */
  readonly prompt: () => string
  /** Default 30 s (requirements C11). */
  readonly ringTimeoutMs?: number
  /** Who answered is hung up by then, whatever became of the prompt. Default 30 s. */
  readonly talkLimitMs?: number
  readonly clock: Clock
  readonly log: Log
}

interface TestOrder {
  readonly id: string
  readonly actor: Actor
  readonly trunkId: string
  /** E.164. */
  readonly number: string
}

/** Trunks, as the system administrator sets them up: on their page and by the command. Every change is an audit row. */
export class Trunks {
  readonly #parts: TrunkParts

  constructor(parts: TrunkParts) {
    this.#parts = parts
  }

  async board(): Promise<TrunkBoard> {
    const { db } = this.#parts
    // First: what happens while the rest is read is told again.
    const offset = await lastOffset(db, 'live')
    const [trunks, failures, dialled, tests, owned] = await Promise.all([
      trunkRows(db),
      failureRows(db),
      dialledCounts(db),
      lastTests(db),
      ownedNumbers(db),
    ])
    const changes = new Map(
      await Promise.all(
        trunks.map(
          async ({ id }) => [id, await lastChange(db, { kind: 'trunk', id, action: 'trunk.changed' })] as const,
        ),
      ),
    )
    return {
      offset,
      owned: [...owned],
      trunks: trunks.map(({ passwordCiphertext, username, answersSince, campaigns, ...trunk }) => ({
        ...withCarrier(trunk),
        campaigns: [...campaigns],
        changed: shownChange(changes.get(trunk.id) ?? null),
        hasCredentials: username !== null,
        answersSince: answersSince?.toISOString() ?? null,
        failures: byFault(failures.filter(({ trunkId }) => trunkId === trunk.id)),
        dialled: dialled.get(trunk.id) ?? 0,
        lastTest: shownTest(tests.find(({ trunkId }) => trunkId === trunk.id)),
      })),
    }
  }

  /** @throws UserError TRUNK_INVALID, TRUNK_HOST_UNUSABLE, TRUNK_NUMBER_NOT_OWNED, TRUNK_NAME_TAKEN */
  async add(actor: Actor, { credentials, reason, ...fields }: TrunkWish): Promise<string> {
    const trunk = checkTrunk({ ...fields, ...(credentials ?? { username: null, password: null }) })
    checkTrunkHost(trunk, this.#parts.house())
    const siteId = await this.#parts.site()
    return this.#parts.db.transaction().execute(async (tx) => {
      await oneTrunkAtATime(tx)
      await refuseForeign(tx, trunk.callerNumber)
      if ((await trunkNamed(tx, trunk.name)) !== null) throw new UserError('TRUNK_NAME_TAKEN', { name: trunk.name })
      const id = await this.#insert(tx, siteId, trunk)
      await changed(tx, { actor, action: 'trunk.added', id, detail: { reason, to: shown(trunk) } })
      return id
    })
  }

  /**
   * @throws UserError TRUNK_UNKNOWN, TRUNK_CHANGED, TRUNK_INVALID, TRUNK_HOST_UNUSABLE, TRUNK_NUMBER_NOT_OWNED,
   *   TRUNK_NAME_TAKEN, TRUNK_SIMULATED, TRUNK_CREDENTIALS_AGAIN
   */
  async change(actor: Actor, id: string, { basedOn, credentials, reason, ...fields }: TrunkChange): Promise<void> {
    await this.#parts.db.transaction().execute(async (tx) => {
      await oneTrunkAtATime(tx)
      const before = await known(tx, id)
      if (before.version !== basedOn) throw new UserError('TRUNK_CHANGED')
      // Else whoever may change a trunk could have its password proved to a host of his own.
      const isMoved = before.host !== fields.host || before.port !== fields.port
      if (isMoved && credentials === undefined && before.username !== null)
        throw new UserError('TRUNK_CREDENTIALS_AGAIN')
      const kept = { username: before.username, passwordCiphertext: before.passwordCiphertext }
      const password = credentials?.password ?? null
      const trunk = checkTrunk({ ...fields, username: credentials?.username ?? null, password })
      if (before.kind === 'simulated') refuseMoved(before, trunk, credentials)
      else {
        checkTrunkHost(trunk, this.#parts.house())
        await refuseForeign(tx, trunk.callerNumber)
      }
      const namesake = await trunkNamed(tx, trunk.name)
      if (namesake !== null && namesake !== id) throw new UserError('TRUNK_NAME_TAKEN', { name: trunk.name })
      await updateTrunk(tx, id, { ...trunk, ...(credentials === undefined ? kept : this.#sealed(trunk)) })
      const detail = { reason, from: shown(before), to: shown(trunk), credentials: credentials !== undefined }
      await changed(tx, { actor, action: 'trunk.changed', id, detail })
    })
  }

  /** @throws UserError TRUNK_UNKNOWN */
  async enable(actor: Actor, id: string, { enabled, reason }: { readonly enabled: boolean; readonly reason: string }) {
    await this.#parts.db.transaction().execute(async (tx) => {
      if ((await known(tx, id)).enabled === enabled) return
      await enableTrunk(tx, id, enabled)
      await changed(tx, { actor, action: enabled ? 'trunk.enabled' : 'trunk.disabled', id, detail: { reason } })
    })
  }

  /**
   * Sets up the trunk of that name, or changes it: the command at the server, where the shown number becomes one of the
   * hospital's by being named.
   * @throws UserError TRUNK_INVALID, TRUNK_HOST_UNUSABLE, TRUNK_IN_DEMO
   */
  async setUp(actor: Actor, draft: TrunkDraft): Promise<string> {
    const trunk = checkTrunk(draft)
    checkTrunkHost(trunk, this.#parts.house())
    const siteId = await this.#parts.site()
    return this.#parts.db.transaction().execute(async (tx) => {
      await oneTrunkAtATime(tx)
      const knownId = await trunkNamed(tx, trunk.name)
      const before = knownId === null ? null : await known(tx, knownId)
      if (before?.kind === 'simulated') throw new UserError('TRUNK_IN_DEMO')
      await ownNumber(tx, trunk.callerNumber, actor)
      if (before !== null) await updateTrunk(tx, before.id, { ...trunk, ...this.#sealed(trunk) })
      const id = before?.id ?? (await this.#insert(tx, siteId, trunk))
      if (before !== null) await this.#parts.onAdded(tx, id)
      const detail = { ...(before === null ? {} : { from: shown(before) }), to: shown(trunk) }
      await changed(tx, { actor, action: 'trunk.set_up', id, detail })
      return id
    })
  }

  async #insert(tx: GroundTransaction, siteId: string, trunk: TrunkDraft): Promise<string> {
    const id = newId()
    await insertTrunk(tx, id, siteId, { ...shown(trunk), ...this.#sealed(trunk) })
    await this.#parts.onAdded(tx, id)
    return id
  }

  #sealed({ username, password }: Pick<TrunkDraft, 'username' | 'password'>) {
    return { username, passwordCiphertext: password === null ? null : this.#parts.secrets.encrypt(password) }
  }
}

/** The test button: is somebody there (OPTIONS), and does a call arrive (requirements G03, B17). */
export class TrunkTests {
  readonly #parts: Pick<TrunkParts, 'db' | 'secrets'> & TrunkTestParts

  constructor(parts: Pick<TrunkParts, 'db' | 'secrets'> & TrunkTestParts) {
    this.#parts = parts
  }

  /** @throws UserError TRUNK_UNKNOWN */
  async ask(id: string): Promise<TrunkReplyTold> {
    const trunk = (await trunkRows(this.#parts.db)).find((one) => one.id === id)
    if (trunk === undefined) throw new UserError('TRUNK_UNKNOWN')
    return this.#parts.telephony.askTrunk(trunk)
  }

  /**
   * Calls a telephone of the tester's, plays a prompt to who answers and hangs up; nothing is recorded. The call counts for
   * the number's caps. It rings for 30 s at most and is connected for 30 s at most. Resolves when it is answered or given up.
   * @throws UserError TRUNK_UNKNOWN, NUMBER_UNREADABLE, TRUNK_TEST_REFUSED; OperationalError TRUNK_TEST_SERVERS_AWAY
   */
  async call(actor: Actor, trunkId: string, text: string): Promise<TestTold> {
    const { db, telephony, readNumber, secrets, ringTimeoutMs = 30_000 } = this.#parts
    const number = readNumber(text)
    if (!telephony.up) throw new OperationalError('TRUNK_TEST_SERVERS_AWAY')
    const id = newId()
    const trunk = await this.#allowed({ id, actor, trunkId, number })
    const { host, port, callerNumber, username, passwordCiphertext } = trunk
    const { result } = telephony.dial(
      {
        attemptId: id,
        callId: id,
        number,
        trunk: {
          host,
          port,
          callerNumber,
          ...(username === null ? {} : { username }),
          ...(passwordCiphertext === null ? {} : { password: secrets.decrypt(passwordCiphertext) }),
        },
        ringTimeoutMs,
      },
      { onInviteSent: () => {}, onRinging: () => {} },
    )
    const dialled = await result
    // Whatever becomes of the rows: who has answered is not left on the line.
    void this.#play(dialled)
    const { cause, fault, ...answer } = toldOf(dialled)
    await db.transaction().execute(async (tx) => {
      await endTest(tx, id, { answered: fault === null, cause, ...answer })
      const detail = { test: id, last4: number.slice(-4), fault, ...answer }
      await writeAudit(tx, {
        actor,
        action: 'trunk.tested',
        object: { kind: 'trunk', id: trunkId },
        outcome: 'ok',
        detail,
      })
    })
    return { fault, ...answer }
  }

  /** A refusal tells something of the number: who asked stays known. */
  async #allowed(test: TestOrder): Promise<TrunkRow> {
    const { db } = this.#parts
    try {
      return await db.transaction().execute((tx) => this.#begin(tx, test))
    } catch (error) {
      if (error instanceof UserError && error.code === 'TRUNK_TEST_REFUSED') {
        const { actor, trunkId, number } = test
        const { reason } = error.params
        const detail = { last4: number.slice(-4), reason }
        const object = { kind: 'trunk', id: trunkId }
        await writeAudit(db, { actor, action: 'trunk.tested', object, outcome: 'denied', detail })
      }
      throw error
    }
  }

  async #begin(tx: GroundTransaction, { id, actor, trunkId, number }: TestOrder): Promise<TrunkRow> {
    const { numberId, words } = this.#parts
    const phone = await numberId(tx, number)
    await lockNumber(tx, phone)
    const trunk = await known(tx, trunkId)
    const reason = await testRefusal(tx, trunkId, phone)
    if (reason !== null) throw new UserError('TRUNK_TEST_REFUSED', { reason, ...words(reason) })
    await insertTest(tx, { id, trunkId, numberId: phone, by: actor.accountId })
    return trunk
  }

  async #play(result: DialAnswer | DialFailure): Promise<void> {
    if (!result.answered) return
    const { leg } = result
    const { clock, log, prompt, talkLimitMs = 30_000 } = this.#parts
    const limit = clock.setTimeout(() => void leg.hangUp(), talkLimitMs)
    try {
      await leg.play(prompt())
    } catch (error) {
      logError(log, error, 'the prompt of a test call could not be played')
    } finally {
      clock.clearTimeout(limit)
      await leg.hangUp()
    }
  }
}

/** What became of its process, where that is worth telling. */
function withCarrier<Row extends Pick<ShownTrunk, 'carrierDownSince' | 'carrierRestartedAt' | 'carrierRestarts'>>(
  row: Row,
) {
  const { carrierDownSince, carrierRestartedAt, carrierRestarts, ...trunk } = row
  const carrier =
    carrierDownSince === null && carrierRestarts === 0
      ? null
      : {
          downSince: carrierDownSince?.toISOString() ?? null,
          restartedAt: carrierRestartedAt?.toISOString() ?? null,
          restarts: carrierRestarts,
        }
  return { ...trunk, carrier }
}

function toldOf(result: DialAnswer | DialFailure): TestTold & { readonly cause: string } {
  if (result.answered) return { cause: 'answered', fault: null, sipStatus: result.sipStatus, q850: null }
  const { cause, sipStatus, q850 } = result
  return { cause, fault: trunkFault(result), sipStatus, q850 }
}

async function known(tx: GroundTransaction, id: string): Promise<TrunkRow> {
  const trunk = await lockTrunk(tx, id)
  if (trunk === null) throw new UserError('TRUNK_UNKNOWN')
  return trunk
}

async function refuseForeign(tx: GroundTransaction, number: string): Promise<void> {
  if (!(await ownedNumbers(tx)).includes(number)) throw new UserError('TRUNK_NUMBER_NOT_OWNED', { number })
}

function refuseMoved(before: TrunkFields, trunk: TrunkFields, credentials: TrunkWish['credentials']): void {
  const moved = (['host', 'port', 'callerNumber', 'watched'] as const).some((field) => before[field] !== trunk[field])
  if (moved || credentials != null) throw new UserError('TRUNK_SIMULATED')
}

function shown({ name, host, port, lines, callsPerSecond, callerNumber, watched }: TrunkFields): TrunkFields {
  return { name, host, port, lines, callsPerSecond, callerNumber, watched }
}

async function changed(
  tx: GroundTransaction,
  {
    actor,
    action,
    id,
    detail,
  }: {
    readonly actor: Actor
    readonly action: `trunk.${string}`
    readonly id: string
    readonly detail: Readonly<Record<string, unknown>>
  },
): Promise<void> {
  await writeAudit(tx, { actor, action, object: { kind: 'trunk', id }, outcome: 'ok', detail })
  await wakeDiallers(tx)
  await appendToStream(tx, 'live', [{ type: 'trunk.changed', payload: { trunkId: id } }])
}

/** Of an ended attempt only its result is kept beside what the network said: as much of the cause as is asked. */
const causes: ReadonlyMap<string, DialFailure['cause']> = new Map([
  ['congestion', 'no_reply'],
  ['restart', 'lost'],
  ['no_answer', 'ring_timeout'],
])

function byFault(rows: readonly FailureRow[]): TrunkBoard['trunks'][number]['failures'] {
  const faults = Map.groupBy(rows, ({ result, sipStatus, q850 }) => {
    return trunkFault({ cause: sipStatus === null ? (causes.get(result) ?? 'refused') : 'refused', sipStatus, q850 })
  })
  return [...faults]
    .map(([fault, all]) => {
      const [last] = all.toSorted((a, b) => b.lastAt.getTime() - a.lastAt.getTime())
      return {
        fault,
        count: all.reduce((sum, { count }) => sum + count, 0),
        lastAt: last?.lastAt.toISOString() ?? '',
        sipStatus: last?.sipStatus ?? null,
        q850: last?.q850 ?? null,
      }
    })
    .sort((a, b) => b.count - a.count)
}

function shownChange(change: LastChange | null): TrunkBoard['trunks'][number]['changed'] {
  return change === null ? null : { ...change, at: change.at.toISOString() }
}

function shownTest(test: TestRow | undefined): TrunkBoard['trunks'][number]['lastTest'] {
  if (test === undefined) return null
  const { at, by, answered, cause, sipStatus, q850 } = test
  const fault = answered ? null : trunkFault({ cause: causeOf(cause), sipStatus, q850 })
  return { at: at.toISOString(), by, fault, sipStatus, q850 }
}

const dialCauses = ['refused', 'ring_timeout', 'cancelled', 'no_reply', 'no_media', 'lost'] as const

function causeOf(text: string): DialFailure['cause'] {
  return dialCauses.find((one) => one === text) ?? 'refused'
}
