import { describe, expect, it } from 'vitest'
import { RequestGate } from './request-gate.ts'

function gateAt() {
  const time = { at: 0 }
  const gate = new RequestGate({ perAddress: 10, ownAddresses: ['127.0.0.1'] }, { now: () => time.at })
  const admitted = (address: string, count: number) =>
    Array.from({ length: count }, () => gate.admits(address)).filter((is) => is).length
  return { time, admitted }
}

describe('a gate for requests', () => {
  it('lets an address ask so much at once, and then so much a second', () => {
    const { time, admitted } = gateAt()
    expect(admitted('192.0.2.7', 100)).toBe(20)
    time.at = 1_000
    expect(admitted('192.0.2.7', 100)).toBe(10)
    time.at = 100_000
    expect(admitted('192.0.2.7', 100)).toBe(20)
  })

  it('does not let one address take from another', () => {
    const { admitted } = gateAt()
    admitted('192.0.2.7', 1_000)
    expect(admitted('192.0.2.8', 5)).toBe(5)
  })

  it('lets made-up addresses together ask six times what one may', () => {
    const { admitted } = gateAt()
    const all = Array.from({ length: 1_000 }, (_, i) => admitted(`198.51.100.${i}`, 1))
    expect(all.reduce((sum, one) => sum + one, 0)).toBe(120)
  })

  it('never counts what this machine sends itself', () => {
    const { admitted } = gateAt()
    expect(admitted('127.0.0.1', 10_000)).toBe(10_000)
  })
})
