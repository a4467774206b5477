import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import { newId } from '#platform/ids.ts'
import { comesAfter, type JudgingProgramme, reasonLeftOut, takenBy } from './judge.ts'
import type { Coverage, PreviewWish, ProgrammePreview } from './programme-schema.ts'
import { programmeRows, siteChoices } from './programme-store.ts'
import { enrollingProgrammes } from './running-store.ts'
import { recentDischarges, type StayRow, staysOf } from './stay-store.ts'

/**
 * What a version that is not published yet would make of the discharges of the last days, beside what is in force (requirements
 * G05). Judged as an import judges them on this day; nothing is written.
 */
export async function previewProgramme(db: Ground, wish: PreviewWish): Promise<ProgrammePreview> {
  const { programmeId = newId(), siteId, purpose, isDefault, content, days } = wish
  return db.transaction().execute(async (tx) => {
    const running = await enrollingProgrammes(tx)
    const draft: JudgingProgramme = { programmeId, siteId, purpose, isDefault, ...content }
    const after = [...running.filter((one) => one.programmeId !== programmeId), draft]
    const names = new Map((await programmeRows(tx)).map(({ id, name }) => [id, name]))
    const stays = await recentStays(tx, siteId, days)
    const sum = { takes: 0, tasks: 0, was: 0, gained: 0, lost: 0, byNobody: 0, byNobodyBefore: 0 }
    const leftOut = new Counts()
    const also = new Counts()
    for (const stay of stays) {
      const [then, now] = [takenBy(running, stay), takenBy(after, stay)]
      if (now.length === 0) sum.byNobody += 1
      if (then.length === 0) sum.byNobodyBefore += 1
      const was = followsUp(then, programmeId, stay)
      const takes = followsUp(now, programmeId, stay)
      if (was) sum.was += 1
      if (was && !takes) sum.lost += 1
      if (takes && !was) sum.gained += 1
      if (takes) {
        sum.takes += 1
        sum.tasks += content.steps.filter((step) => comesAfter(step, stay.dischargedOn)).length
        for (const other of now) {
          if (other !== draft && reasonLeftOut(other, stay) === null) also.add(other.programmeId)
        }
      } else if (now.includes(draft)) leftOut.add(reasonLeftOut(draft, stay) ?? '')
    }
    const isInForce = running.some((one) => one.programmeId === programmeId)
    return {
      days,
      discharges: stays.length,
      takes: sum.takes,
      tasks: sum.tasks,
      leftOut: leftOut.list().map(([reason, count]) => ({ reason, count })),
      before: isInForce ? { takes: sum.was, gained: sum.gained, lost: sum.lost } : null,
      also: also.list().map(([id, count]) => ({ programmeId: id, name: names.get(id) ?? '', count })),
      byNobody: sum.byNobody,
      byNobodyBefore: sum.byNobodyBefore,
    }
  })
}

/** Of the discharges of the last days at all sites: who is followed up by whom, and who by nobody or twice (requirements G14, G15). */
export async function coverage(db: Ground, days: number): Promise<Coverage> {
  return db.transaction().execute(async (tx) => {
    const running = await enrollingProgrammes(tx)
    const takes = new Counts()
    const overlaps = new Counts()
    let [discharges, byNobody] = [0, 0]
    for (const { id } of await siteChoices(tx)) {
      for (const stay of await recentStays(tx, id, days)) {
        discharges += 1
        const taken = takenBy(running, stay)
        if (taken.length === 0) byNobody += 1
        const followed = taken.filter((one) => reasonLeftOut(one, stay) === null).map(({ programmeId }) => programmeId)
        for (const [index, one] of followed.entries()) {
          takes.add(one)
          for (const other of followed.slice(index + 1)) overlaps.add(`${one} ${other}`)
        }
      }
    }
    return {
      days,
      discharges,
      byNobody,
      takes: takes.list().map(([programmeId, count]) => ({ programmeId, count })),
      overlaps: overlaps.list().map(([pair, count]) => {
        const [one = '', other = ''] = pair.split(' ')
        return { one, other, count }
      }),
    }
  })
}

function followsUp(taken: readonly JudgingProgramme[], programmeId: string, stay: StayRow): boolean {
  const programme = taken.find((one) => one.programmeId === programmeId)
  return programme !== undefined && reasonLeftOut(programme, stay) === null
}

async function recentStays(tx: GroundTransaction, siteId: string, days: number): Promise<readonly StayRow[]> {
  return staysOf(tx, await recentDischarges(tx, { siteId, days }))
}

/** How often each was met; most first. */
class Counts {
  readonly #of = new Map<string, number>()

  add(key: string): void {
    this.#of.set(key, (this.#of.get(key) ?? 0) + 1)
  }

  list(): readonly (readonly [key: string, count: number])[] {
    return [...this.#of].sort(([a, x], [b, y]) => y - x || a.localeCompare(b))
  }
}
