import { describe, expect, it } from 'vitest'
import { filterOf, parseTaskAddress, searchOf } from './task-address.ts'

const id = '01900000-0000-7000-8000-000000000000'

describe('the address of the tasks page', () => {
  it('keeps what is well formed', () => {
    const address = { group: 'all', state: 'due', campaignId: id, reason: 'cap_day', after: `17_${id}`, limit: 50 }
    expect(parseTaskAddress(address)).toEqual(address)
  })

  it('drops what is not, and what it does not know', () => {
    const address = { group: 'mine', from: 'soon', reason: 'CAP', after: '17', limit: 500, patient: '张伟' }
    expect(parseTaskAddress(address)).toEqual({})
  })

  it('asks for the open tasks unless it says otherwise, and for a patient only where one was typed', () => {
    expect(searchOf({ reason: 'cap_day' }, '')).toEqual({ group: 'open', reason: 'cap_day', limit: 20 })
    expect(searchOf({ group: 'all' }, '张伟')).toEqual({ group: 'all', limit: 20, patient: '张伟' })
  })

  it('has the same filter on every page of a list', () => {
    expect(filterOf({ state: 'due', after: `17_${id}`, limit: 50 })).toEqual({ group: 'open', state: 'due' })
  })
})
