import { describe, expect, it } from 'vitest'
import { voiceFindings } from './voice.ts'

const identity = { prompt: 'identity', shippedText: '本人接听请按1，家属接听请按2，打错了请按3。', notice: false }
const notice = { prompt: 'recording-notice', shippedText: '为保证服务质量，本次通话将被录音。', notice: true }
const codes = (duty: typeof identity, text: string, durationMs = 5_000) =>
  voiceFindings(duty, { text, durationMs }).map(({ code }) => code)

describe('a prompt’s own voice', () => {
  it('says in other words what the flow’s place needs', () => {
    expect(codes(identity, '您是本人请按一键，家属请按２，打错了按 3。')).toEqual([])
    expect(codes(notice, '提醒您，通话全程录音。')).toEqual([])
  })

  it('names the keys that are missing', () => {
    const [finding] = voiceFindings(identity, { text: '本人请按1，家属请按4。', durationMs: 5_000 })
    expect(finding).toMatchObject({ code: 'VOICE_KEYS_MISSING', params: { keys: '2、3' } })
  })

  it('knows the star by its name', () => {
    const keys = { prompt: 'keys', shippedText: '再听一遍请按星号，不想再接到来电请按9。', notice: false }
    expect(codes(keys, '重听请按米字键，不再来电请按9。')).toEqual([])
    expect(codes(keys, '不再来电请按9。')).toEqual(['VOICE_KEYS_MISSING'])
  })

  it('of the recording notice says that it records', () => {
    expect(codes(notice, '为保证服务质量，请您稍候。')).toEqual(['VOICE_NOTICE_UNSAID'])
  })

  it('is refused where nobody could have said it in that time', () => {
    expect(codes(notice, '为保证服务质量，本次通话将被录音。', 840)).toEqual(['VOICE_TOO_SHORT'])
    expect(codes(notice, '为保证服务质量，本次通话将被录音。', 900)).toEqual([])
  })
})
