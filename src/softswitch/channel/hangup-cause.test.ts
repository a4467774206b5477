import { describe, expect, it } from 'vitest'
import { causeNamed, causeNumber, causeQ850, causeSipStatus } from './hangup-cause.ts'

describe('hang-up cause', () => {
  it.each([
    ['USER_BUSY', 'USER_BUSY'],
    ['user_busy', 'USER_BUSY'],
    ['17', 'USER_BUSY'],
    [' 20 ', 'SUBSCRIBER_ABSENT'],
    ['nonsense', 'NORMAL_CLEARING'],
    ['99999', 'NORMAL_CLEARING'],
    ['toString', 'NORMAL_CLEARING'],
    ['', 'NORMAL_CLEARING'],
  ])('is known by name and number: "%s" is %s', (text, cause) => {
    expect(causeNamed(text)).toBe(cause)
  })

  it('goes out as Q.850 only when it is one', () => {
    expect(causeQ850('USER_BUSY')).toBe(17)
    expect(causeNumber('MEDIA_TIMEOUT')).toBe(804)
    expect(causeQ850('MEDIA_TIMEOUT')).toBe(31)
  })

  it('refuses an INVITE with its own status, else with 480', () => {
    expect(causeSipStatus('INCOMPATIBLE_DESTINATION')).toBe(488)
    expect(causeSipStatus('NORMAL_CLEARING')).toBe(480)
  })
})
