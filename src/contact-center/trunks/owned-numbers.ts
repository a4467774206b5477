import { type Static, Type } from 'typebox'
import { type Actor, writeAudit } from '#platform/audit/audit-store.ts'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import { UserError } from '#platform/errors/errors.ts'
import { changeSetting, defineSetting, readSetting } from '#platform/settings/hospital-settings.ts'
import { oneTrunkAtATime, trunkShowing } from './trunk-store.ts'
import './trunk-errors.ts'

/** Numbers that a patient may be shown: the hospital's own, by its contracts with carriers (requirements A17, B18, B19). */
export const OwnedNumbers = Type.Object(
  { numbers: Type.Array(Type.String({ pattern: '^\\+?\\d{3,20}$' }), { uniqueItems: true, maxItems: 200 }) },
  { additionalProperties: false },
)
export type OwnedNumbers = Static<typeof OwnedNumbers>

const ownedSetting = defineSetting('numbers.owned', OwnedNumbers, { numbers: [] })

export async function ownedNumbers(db: Ground): Promise<readonly string[]> {
  return (await readSetting(db, ownedSetting)).numbers
}

export interface OwnedChange {
  readonly actor: Actor
  readonly numbers: readonly string[]
  /** As whoever changes it says; null at the server. */
  readonly reason: string | null
}

/** @throws UserError OWNED_NUMBER_IN_USE for one that a trunk still shows */
export async function changeOwnedNumbers(db: Ground, change: OwnedChange): Promise<void> {
  await db.transaction().execute(async (tx) => {
    // A trunk that is set up meanwhile may show one of them.
    await oneTrunkAtATime(tx)
    const before = await ownedNumbers(tx)
    for (const number of before.filter((one) => !change.numbers.includes(one))) {
      const trunk = await trunkShowing(tx, number)
      if (trunk !== null) throw new UserError('OWNED_NUMBER_IN_USE', { number, trunk })
    }
    await write(tx, change, before)
  })
}

/** At the server, where a trunk's number is taken for one of the hospital's. */
export async function ownNumber(tx: GroundTransaction, number: string, actor: Actor): Promise<void> {
  const before = await ownedNumbers(tx)
  if (!before.includes(number)) await write(tx, { actor, numbers: [...before, number], reason: null }, before)
}

async function write(tx: GroundTransaction, { actor, numbers, reason }: OwnedChange, before: readonly string[]) {
  const to = { numbers: [...numbers] }
  const version = await changeSetting(tx, ownedSetting, to, actor.accountId)
  const object = { kind: 'setting', id: ownedSetting.key }
  const detail = { version, reason, from: { numbers: before }, to }
  await writeAudit(tx, { actor, action: 'setting.changed', object, outcome: 'ok', detail })
}
