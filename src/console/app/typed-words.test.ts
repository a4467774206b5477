import { describe, expect, it } from 'vitest'
import { carriedOver, isSame } from './typed-words.ts'

const basis = { name: '心内科', ages: [1, 2], steps: [{ days: 7, priority: 5 }], hours: null }

describe('what was typed when somebody else was first', () => {
  it('keeps what was typed and takes what was not touched', () => {
    const theirs = { ...basis, name: '心内科一', ages: [1] }
    const mine = { ...basis, steps: [{ days: 14, priority: 5 }] }
    expect(carriedOver(basis, theirs, mine)).toEqual({ ...theirs, steps: mine.steps })
  })

  it('keeps what was typed where both changed the same thing', () => {
    expect(carriedOver(basis, { ...basis, name: 'A' }, { ...basis, name: 'B' }).name).toBe('B')
  })

  it('goes into lists of the same length thing by thing', () => {
    const theirs = { ...basis, steps: [{ days: 7, priority: 0 }] }
    const mine = { ...basis, steps: [{ days: 14, priority: 5 }] }
    expect(carriedOver(basis, theirs, mine).steps).toEqual([{ days: 14, priority: 0 }])
  })

  it('keeps a list as it was typed where a thing was added to it', () => {
    const theirs = { ...basis, steps: [{ days: 7, priority: 0 }] }
    const longer = { ...basis, steps: [...basis.steps, { days: 30, priority: 5 }] }
    expect(carriedOver(basis, theirs, longer).steps).toEqual(longer.steps)
  })

  describe('in lists of things that have an id', () => {
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((id) => ({ id, text: id }))
    const was = [a, b, c]

    it('tells them apart by it, wherever they stand', () => {
      const theirs = [{ id: 'a', text: 'theirs' }, b, c]
      expect(carriedOver(was, theirs, [c, { id: 'b', text: 'mine' }, a])).toEqual([
        c,
        { id: 'b', text: 'mine' },
        { id: 'a', text: 'theirs' },
      ])
    })

    it('has what either side added', () => {
      expect(carriedOver(was, [...was, d], [...was, { id: 'e', text: 'mine' }])).toEqual([
        ...was,
        { id: 'e', text: 'mine' },
        d,
      ])
    })

    it('leaves out what one side took out, unless the other changed it', () => {
      expect(carriedOver(was, [a, b], [b, c])).toEqual([b])
      expect(carriedOver(was, [a, b], [a, b, { id: 'c', text: 'mine' }])).toEqual([a, b, { id: 'c', text: 'mine' }])
      expect(carriedOver(was, [{ id: 'a', text: 'theirs' }, b, c], [b])).toEqual([b, { id: 'a', text: 'theirs' }])
    })
  })

  it('keeps lists of words whole', () => {
    expect(carriedOver(['a', 'b'], ['a', 'c'], ['d', 'b'])).toEqual(['d', 'b'])
  })

  it('lets go what was taken out on the side that was not touched', () => {
    const wide: { name: string; own?: string } = { name: 'x', own: 'y' }
    expect(carriedOver(wide, { name: 'x' }, { ...wide, name: 'z' })).toEqual({ name: 'z' })
  })

  it('compares without regard to the order of keys', () => {
    expect(isSame({ a: 1, b: [{ c: 2, d: 3 }] }, { b: [{ d: 3, c: 2 }], a: 1 })).toBe(true)
    expect(isSame({ a: 1 }, { a: 1, b: 2 })).toBe(false)
    expect(isSame([1, 2], [2, 1])).toBe(false)
  })
})
