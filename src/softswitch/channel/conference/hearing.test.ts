import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type HearingMember, hears, type Relation } from './hearing.ts'

function member(id: number, wish: Partial<HearingMember> = {}): HearingMember {
  return { id, canSpeak: true, canHear: true, relations: new Map(), ...wish }
}

function related(id: number, to: number, relation: Partial<Relation>): HearingMember {
  return member(id, { relations: new Map([[to, { speak: true, hear: true, ...relation }]]) })
}

/** `1>2 2>1` …: who is heard by whom. */
function matrix(...members: HearingMember[]): string {
  return members
    .flatMap((speaker) => members.filter((listener) => hears(listener, speaker)).map(({ id }) => `${speaker.id}>${id}`))
    .join(' ')
}

describe('hearing', () => {
  test('is everybody else, and never oneself', () => {
    expect(matrix(member(1), member(2), member(3))).toBe('1>2 1>3 2>1 2>3 3>1 3>2')
  })

  test('a muted member is heard by nobody and hears all', () => {
    expect(matrix(member(1), member(2), member(3, { canSpeak: false }))).toBe('1>2 1>3 2>1 2>3')
  })

  test('a deaf member hears nobody and is heard by all', () => {
    expect(matrix(member(1), member(2), member(3, { canHear: false }))).toBe('1>2 2>1 3>1 3>2')
  })

  test('coach: the supervisor (3) is heard by the agent (1) and not by the patient (2)', () => {
    expect(matrix(member(1), member(2), related(3, 2, { speak: false }))).toBe('1>2 1>3 2>1 2>3 3>1')
    expect(matrix(member(1), related(2, 3, { hear: false }), member(3))).toBe('1>2 1>3 2>1 2>3 3>1')
  })

  test('a relation to nobody who is there changes nothing', () => {
    expect(matrix(member(1), related(2, 9, { speak: false, hear: false }))).toBe('1>2 2>1')
  })

  test('a relation never lets anybody hear more', () => {
    const relation = fc.record({ speak: fc.boolean(), hear: fc.boolean() })
    fc.assert(
      fc.property(fc.boolean(), fc.boolean(), relation, relation, (canSpeak, canHear, of1, of2) => {
        const speaker = { canSpeak, canHear: true }
        const listener = { canSpeak: true, canHear }
        const free = hears(member(2, listener), member(1, speaker))
        const bound = hears(
          member(2, { ...listener, relations: new Map([[1, of2]]) }),
          member(1, { ...speaker, relations: new Map([[2, of1]]) }),
        )
        return free || !bound
      }),
      { seed: 7 },
    )
  })
})
