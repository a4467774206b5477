import { describe, expect, it } from 'vitest'
import { QualityWatch } from './quality-watch.ts'

const headers =
  (of: Readonly<Record<string, string>>) =>
  (name: string): string | null =>
    of[name] ?? null

const ended = {
  'Unique-ID': 'a',
  variable_rtp_audio_in_packet_count: '950',
  variable_rtp_audio_out_packet_count: '1000',
  variable_rtp_audio_in_jitter_loss_rate: '0.02',
  variable_rtp_audio_in_jitter_max_variance: '25.00',
  variable_rtp_audio_in_mos: '4.20',
}

describe('quality of a leg', () => {
  it('is what the variables say when no report ever came', async () => {
    const watch = new QualityWatch()
    const quality = watch.watch('a')
    watch.take('CHANNEL_HANGUP_COMPLETE', headers(ended))
    expect(await quality).toEqual({
      packetsIn: 950,
      lossIn: 0.02,
      jitterInMs: 5,
      mos: 4.2,
      lossOut: null,
      jitterOutMs: null,
      roundTripMs: null,
    })
  })

  it('is what the last reports of both ends say', async () => {
    const watch = new QualityWatch()
    const quality = watch.watch('a')
    const report = (over: Readonly<Record<string, string>>) => headers({ 'Unique-ID': 'a', ...over })
    watch.take('SEND_RTCP_MESSAGE', report({ 'Source-Lost': '3', 'Source-Jitter': '8' }))
    watch.take('SEND_RTCP_MESSAGE', report({ 'Source-Lost': '50', 'Source-Jitter': '40' }))
    watch.take('RECV_RTCP_MESSAGE', report({ 'Source0-Lost': '10', 'Source0-Jitter': '80', 'Rtt0-Avg': '0.042000' }))
    // One without a block, one of another channel.
    watch.take('RECV_RTCP_MESSAGE', report({ SSRC: '00000001' }))
    watch.take('RECV_RTCP_MESSAGE', headers({ 'Unique-ID': 'b', 'Source0-Lost': '9', 'Source0-Jitter': '9' }))
    watch.take('CHANNEL_HANGUP_COMPLETE', headers(ended))
    expect(await quality).toMatchObject({
      lossIn: 0.05,
      jitterInMs: 5,
      lossOut: 0.01,
      jitterOutMs: 10,
      roundTripMs: 42,
    })
  })

  it('counts copies as no loss', async () => {
    const watch = new QualityWatch()
    const quality = watch.watch('a')
    const lost = String(-4 >>> 0)
    watch.take('SEND_RTCP_MESSAGE', headers({ 'Unique-ID': 'a', 'Source-Lost': lost, 'Source-Jitter': '0' }))
    watch.take('CHANNEL_HANGUP_COMPLETE', headers(ended))
    expect(await quality).toMatchObject({ lossIn: 0 })
  })

  it('is unknown of a channel to which no sound came, and of one that nobody tells the end of', async () => {
    const watch = new QualityWatch()
    const silent = watch.watch('a')
    const untold = watch.watch('b')
    watch.take('CHANNEL_HANGUP_COMPLETE', headers({ ...ended, variable_rtp_audio_in_packet_count: '0' }))
    watch.forget('b')
    expect([await silent, await untold]).toEqual([null, null])
  })
})

describe('a part of a leg’s life', () => {
  const told = (lost: number, highest: number, jitterMs = 0, source = '0000004d') =>
    headers({
      'Unique-ID': 'a',
      'Source-SSRC': source,
      'Source-Lost': String(lost),
      'Source-Highest-Sequence-Number-Received': String(highest),
      'Source-Jitter': String(jitterMs * 8),
    })
  const answered = (lost: number, highest: number, tripSeconds: number) =>
    headers({
      'Unique-ID': 'a',
      'Source0-SSRC': '00000051',
      'Source0-Lost': String(lost),
      'Source0-Highest-Sequence-Number-Received': String(highest),
      'Source0-Jitter': '16',
      'Rtt0-Avg': String(tripSeconds),
    })

  it('has what was lost meanwhile, and neither what was before nor what is after', () => {
    const watch = new QualityWatch()
    void watch.watch('a')
    watch.take('SEND_RTCP_MESSAGE', told(500, 1_000, 90))
    const end = watch.measure('a')
    watch.take('SEND_RTCP_MESSAGE', told(505, 1_100, 10))
    watch.take('SEND_RTCP_MESSAGE', told(510, 1_200, 20))
    watch.take('RECV_RTCP_MESSAGE', answered(7, 70_000, 0.08))
    watch.take('RECV_RTCP_MESSAGE', answered(27, 70_100, 0.05))
    expect(end()).toEqual({ lossIn: 0.05, lossOut: 0.2, jitterInMs: 15, jitterOutMs: 2, roundTripMs: 80 })
    watch.take('SEND_RTCP_MESSAGE', told(610, 1_300, 400))
    expect(end()).toMatchObject({ lossIn: 0.05, jitterInMs: 15 })
  })

  it('is not told by one report alone what was lost, nor by none anything', () => {
    const watch = new QualityWatch()
    void watch.watch('a')
    const [first, second] = [watch.measure('a'), watch.measure('a')]
    expect(first()).toBeNull()
    watch.take('SEND_RTCP_MESSAGE', told(500, 1_000, 30))
    const nothing = { lossOut: null, jitterOutMs: null, roundTripMs: null }
    expect(second()).toEqual({ lossIn: null, jitterInMs: 30, ...nothing })
    expect(watch.measure('unknown')()).toBeNull()
  })

  it('goes on when a stream begins anew: neither its fresh counts nor a new source is a loss', () => {
    const watch = new QualityWatch()
    void watch.watch('a')
    watch.take('SEND_RTCP_MESSAGE', told(9, 9_000))
    const end = watch.measure('a')
    watch.take('SEND_RTCP_MESSAGE', told(0, 100))
    watch.take('SEND_RTCP_MESSAGE', told(90, 60_000, 0, '0000004e'))
    watch.take('SEND_RTCP_MESSAGE', told(91, 60_100, 0, '0000004e'))
    expect(end()).toMatchObject({ lossIn: 0.01 })
  })

  it('outlives the channel', () => {
    const watch = new QualityWatch()
    void watch.watch('a')
    watch.take('SEND_RTCP_MESSAGE', told(0, 100))
    const end = watch.measure('a')
    watch.take('SEND_RTCP_MESSAGE', told(50, 200))
    watch.take('CHANNEL_HANGUP_COMPLETE', headers(ended))
    expect(end()).toMatchObject({ lossIn: 0.5 })
  })
})
