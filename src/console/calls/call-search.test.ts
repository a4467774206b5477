import { describe, expect, it } from 'vitest'
import { parseCallSearch, searchOf } from './call-search.ts'

describe('the address of the calls page', () => {
  it('keeps what is well formed', () => {
    const address = {
      from: '2026-11-01',
      agentId: '01900000-0000-7000-8000-000000000000',
      minSeconds: 0,
      ratings: [0, 5],
      limit: 50,
    }
    expect(parseCallSearch(address)).toEqual(address)
  })

  it('drops what is not, and what it does not know', () => {
    expect(
      parseCallSearch({
        from: 'yesterday',
        agentId: '1',
        minSeconds: -1,
        maxSeconds: 'x',
        ratings: [9, 'a'],
        limit: 0,
        patient: '张伟',
      }),
    ).toEqual({})
  })

  it('asks for the first page unless it says otherwise, and for a patient only where one was typed', () => {
    expect(searchOf({ result: 'busy' }, '')).toEqual({ result: 'busy', limit: 20 })
    expect(searchOf({}, '张伟')).toEqual({ limit: 20, patient: '张伟' })
  })
})
