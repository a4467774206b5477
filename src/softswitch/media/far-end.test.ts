import { beforeEach, describe, expect, test } from 'vitest'
import { FarEnd } from './far-end.ts'

const host = '127.0.0.1'
const negotiated = { remoteAddress: host, remotePort: 4000 }
let farEnd: FarEnd

beforeEach(() => {
  farEnd = new FarEnd()
  farEnd.negotiate(negotiated)
})

describe('the far end', () => {
  test('is sent to where it was negotiated until it is heard from elsewhere', () => {
    expect(farEnd.port).toBe(4000)
    expect(farEnd.admit(host, 5000)).toBe(true)
    expect(farEnd.port).toBe(5000)
  })

  test('is never another host', () => {
    expect(farEnd.admit('127.0.0.2', 4000)).toBe(false)
    expect(farEnd.isAt('127.0.0.2', 4000)).toBe(false)
  })

  test('is learned once: a third port is a stranger', () => {
    farEnd.admit(host, 5000)
    expect(farEnd.admit(host, 6000)).toBe(false)
    expect(farEnd.admit(host, 5000)).toBe(true)
    expect(farEnd.port).toBe(5000)
  })

  test('is not kept out by a stray packet: who sends ten before the port that was learned has, is the far end', () => {
    farEnd.admit(host, 5000)
    const heard = Array.from({ length: 11 }, () => farEnd.admit(host, 6000))
    expect(heard).toEqual([...Array<boolean>(9).fill(false), true, true])
    expect(farEnd.port).toBe(6000)
    expect(farEnd.admit(host, 5000)).toBe(false)
  })

  test('has a port that ten packets have settled, whatever another one sends', () => {
    for (let packet = 0; packet < 10; packet++) farEnd.admit(host, 5000)
    for (let packet = 0; packet < 100; packet++) expect(farEnd.admit(host, 6000)).toBe(false)
    expect(farEnd.port).toBe(5000)
  })

  test('takes the negotiated port back whenever it comes, and learns no other then', () => {
    farEnd.admit(host, 5000)
    expect(farEnd.admit(host, 4000)).toBe(true)
    expect(farEnd.admit(host, 5000)).toBe(false)
    expect(farEnd.port).toBe(4000)
  })

  test('keeps what it has learned when the same is negotiated again, and forgets it with another', () => {
    farEnd.admit(host, 5000)
    farEnd.negotiate(negotiated)
    expect(farEnd.port).toBe(5000)
    farEnd.negotiate({ ...negotiated, remotePort: 4002 })
    expect(farEnd.port).toBe(4002)
    expect(farEnd.admit(host, 7000)).toBe(true)
  })

  test('is nobody before anything was negotiated and when nothing is any more', () => {
    farEnd.negotiate(null)
    expect(farEnd.admit(host, 4000)).toBe(false)
    expect(new FarEnd().admit(host, 4000)).toBe(false)
  })
})
