import { describe, expect, it } from 'vitest'
import { type VirtualClock, virtualClock } from '#platform/clock.ts'
import { OperationalError, UserError } from '#platform/errors/errors.ts'
import type { Digit, LegEnd, PatientLeg } from '#telephony/telephony.ts'
import { openFlow } from './flow.ts'
import { anyPrompts, flowOf, testWorld } from './flow-fixture.ts'
import type { FlowRecord } from './flow-machine.ts'
import { type FlowSummary, runFlow } from './flow-runner.ts'

/** A leg that does nothing by itself: the test lets each command come to its end. */
class ScriptedLeg implements PatientLeg {
  readonly callId = 'call'
  readonly attemptId = 'attempt'
  readonly ref = {
    sipCallId: null,
    inviteTransaction: null,
    dialogId: null,
    localTag: null,
    remoteTag: null,
    channelUuid: null,
    mediaHost: null,
  }
  readonly ended: Promise<LegEnd>
  /** Commands in the order in which they came. */
  readonly calls: string[] = []
  end: LegEnd | null = null
  #end: (end: LegEnd) => void = () => {}
  #digit: (digit: Digit) => void = () => {}
  #plays: PendingPlay[] = []
  #stops: { resolve: () => void; reject: (error: unknown) => void }[] = []

  constructor() {
    this.ended = new Promise((resolve) => {
      this.#end = resolve
    })
  }

  onDigit(listener: (digit: Digit) => void): void {
    this.#digit = listener
  }

  play(path: string): Promise<'completed' | 'stopped' | 'ended'> {
    this.calls.push(`play ${path.slice('/prompts/'.length, -'.wav'.length)}`)
    if (this.#plays.length > 0) throw new Error('two plays at once')
    return new Promise((resolve, reject) => {
      const settle = (how: () => void) => {
        this.#plays = []
        how()
      }
      this.#plays.push({ end: (how) => settle(() => resolve(how)), fail: (error) => settle(() => reject(error)) })
    })
  }

  async quality(): Promise<null> {
    return null
  }

  stopPlaying(): Promise<void> {
    this.calls.push('stop')
    return new Promise((resolve, reject) => {
      this.#stops.push({ resolve, reject })
    })
  }

  onMachineCue(): void {}
  async sendDigits(): Promise<void> {}
  async flushDigits(): Promise<void> {
    this.calls.push('flush')
  }

  async startRecording(): Promise<void> {}
  async stopRecording(): Promise<void> {}

  async hangUp(): Promise<void> {
    this.calls.push('hangUp')
  }

  press(digit: string, durationMs = 100): void {
    this.#digit({ digit, durationMs, at: new Date(0) })
  }

  /** The running file is heard to its end. */
  async hear(): Promise<void> {
    await this.settlePlay('completed')
  }

  async settlePlay(how: 'completed' | 'stopped' | 'ended'): Promise<void> {
    this.#plays[0]?.end(how)
    await turn()
  }

  async failPlay(error: unknown): Promise<void> {
    this.#plays[0]?.fail(error)
    await turn()
  }

  async settleStop(): Promise<void> {
    this.#stops.shift()?.resolve()
    await turn()
  }

  async failStop(error: unknown): Promise<void> {
    this.#stops.shift()?.reject(error)
    await turn()
  }

  async hangUpByPatient(): Promise<void> {
    this.end = { by: 'patient', q850: 16, at: new Date(0) }
    this.#end(this.end)
    await turn()
  }
}

interface PendingPlay {
  end(how: 'completed' | 'stopped' | 'ended'): void
  fail(error: unknown): void
}

/** One turn of the event loop: every promise settled so far has run its followers. */
const turn = () => new Promise((resolve) => setImmediate(resolve))

const asking = {
  noInput: { prompts: ['no-input'] },
  invalid: { prompts: ['invalid'] },
  tooMany: { next: 'sorry' },
}
const option = (key: string, next: string) => ({ key, label: { zh: key, en: key }, next })
const flow = openFlow(
  flowOf(
    {
      opening: { kind: 'play', prompts: ['who', 'notice'], next: 'menu' },
      menu: {
        kind: 'menu',
        prompts: ['menu', 'keys'],
        options: [option('1', 'second'), option('2', 'thanks')],
        ...asking,
      },
      second: { kind: 'menu', prompts: ['second'], options: [option('1', 'thanks')], ...asking },
      thanks: { kind: 'hangup', outcome: 'done', prompts: ['thanks'] },
      sorry: { kind: 'hangup', outcome: 'unfinished', prompts: ['sorry'] },
      refused: { kind: 'hangup', outcome: 'refused', prompts: ['refused'] },
    },
    { optOut: { prompts: ['sure'], next: 'refused' } },
  ),
  testWorld(),
)

interface Running {
  readonly leg: ScriptedLeg
  readonly clock: VirtualClock
  readonly records: FlowRecord[]
  readonly done: Promise<FlowSummary>
}

function run(leg = new ScriptedLeg(), prompts = anyPrompts()): Running {
  const clock = virtualClock()
  const records: FlowRecord[] = []
  const done = runFlow({
    leg,
    flow,
    variables: {},
    prompts,
    clock,
    onRecord: (record) => records.push(record),
  })
  return { leg, clock, records, done }
}

/** A call that has come to its first menu, whose first file plays. */
async function atMenu(prompts = anyPrompts()): Promise<Running> {
  const running = run(new ScriptedLeg(), prompts)
  await running.leg.hear()
  await running.leg.hear()
  await running.clock.advance(1_000)
  running.leg.calls.length = 0
  return running
}

const keys = (records: readonly FlowRecord[]) =>
  records.flatMap((record) => (record.type === 'key' ? [`${record.digit} ${record.nodeId} ${record.taken}`] : []))

describe('speaking', () => {
  it('has asked for the first prompt before run returns', () => {
    expect(run().leg.calls).toEqual(['play who'])
  })

  it('plays one file after another', async () => {
    const { leg } = await atMenu()
    await leg.hear()
    expect(leg.calls).toEqual(['play keys'])
  })

  it('begins the next row only when play and stop have both ended', async () => {
    const { leg } = await atMenu()
    leg.press('1')
    await leg.settlePlay('stopped')
    expect(leg.calls).toEqual(['stop'])
    await leg.settleStop()
    expect(leg.calls).toEqual(['stop', 'play second'])
  })

  it('does the same when the stop is told first', async () => {
    const { leg } = await atMenu()
    leg.press('1')
    await leg.settleStop()
    expect(leg.calls).toEqual(['stop'])
    await leg.settlePlay('stopped')
    expect(leg.calls).toEqual(['stop', 'play second'])
  })

  it('leaves out a row that was replaced before its turn came', async () => {
    const { leg, records } = await atMenu()
    leg.press('7')
    leg.press('1')
    await leg.settlePlay('stopped')
    await leg.settleStop()
    expect(leg.calls).toEqual(['stop', 'play second'])
    expect(keys(records)).toEqual(['7 menu true', '1 menu true'])
  })

  it('flushes digits after a mandatory prompt without waiting for it', async () => {
    const { leg } = run()
    await leg.hear()
    await leg.hear()
    expect(leg.calls).toEqual(['play who', 'play notice', 'flush', 'play menu'])
  })
})

describe('keys', () => {
  it('are dropped and written down while a mandatory prompt plays', async () => {
    const { leg, records } = run()
    await leg.hear()
    leg.press('1')
    expect(keys(records)).toEqual(['1 opening false'])
    expect(leg.calls).toEqual(['play who', 'play notice'])
  })

  it('count although the play that they interrupt has only been asked for', async () => {
    const { leg, records, clock } = await atMenu()
    await clock.advance(0)
    leg.press('2', 0)
    expect(keys(records)).toEqual(['2 menu true'])
  })

  it('that came between two questions belong to neither', async () => {
    const { leg, records } = await atMenu()
    leg.press('1')
    leg.press('1')
    expect(keys(records)).toEqual(['1 menu true', '1 second false'])
  })

  it('held over from a mandatory prompt answer nothing', async () => {
    const { leg, records, clock } = run()
    await leg.hear()
    await leg.hear()
    await clock.advance(80)
    leg.press('1', 200)
    expect(keys(records)).toEqual(['1 menu false'])
  })

  it('count whose length is told a packet too long', async () => {
    const { leg, records, clock } = run()
    await leg.hear()
    await leg.hear()
    await clock.advance(80)
    leg.press('1', 100)
    expect(keys(records)).toEqual(['1 menu true'])
  })

  it('at the same instant as the end of the prompt count once', async () => {
    const { leg, records } = await atMenu()
    await leg.hear()
    leg.press('2')
    void leg.hear()
    await leg.settleStop()
    expect(leg.calls).toEqual(['play keys', 'stop', 'play thanks'])
    expect(records.filter(({ type }) => type === 'outcome')).toHaveLength(1)
  })

  it('just after the end of the prompt stop the timer', async () => {
    const { leg, clock } = await atMenu()
    await leg.hear()
    await leg.hear()
    expect(clock.pending).toBe(1)
    leg.press('2')
    expect(clock.pending).toBe(0)
  })
})

describe('silence', () => {
  it('is waited for once the prompt has ended', async () => {
    const { leg, clock } = await atMenu()
    await leg.hear()
    await leg.hear()
    await clock.advance(5_999)
    expect(leg.calls).toEqual(['play keys'])
    await clock.advance(1)
    expect(leg.calls).toEqual(['play keys', 'play no-input'])
  })

  it('three times ends the flow as uncooperative', async () => {
    const { leg, clock, done } = await atMenu()
    for (let times = 0; times < 3; times++) {
      for (let files = 0; files < 3; files++) await leg.hear()
      await clock.advance(6_000)
    }
    expect(leg.calls.at(-1)).toBe('play sorry')
    await leg.hear()
    expect(await done).toMatchObject({ outcome: 'uncooperative', lastNode: 'sorry', error: null })
  })
})

describe('a flow that hands the patient over', () => {
  const handing = openFlow(
    flowOf(
      {
        menu: { kind: 'menu', prompts: ['menu'], options: [option('1', 'thanks')], ...asking },
        operator: { kind: 'transfer', queue: '人工', prompts: ['wait'], otherwise: 'nobody' },
        thanks: { kind: 'hangup', outcome: 'done', prompts: ['thanks'] },
        nobody: { kind: 'hangup', outcome: 'callback', prompts: ['apology'] },
        sorry: { kind: 'hangup', outcome: 'unfinished', prompts: ['sorry'] },
        refused: { kind: 'hangup', outcome: 'refused', prompts: ['refused'] },
      },
      { optOut: { prompts: ['sure'], next: 'refused' }, operator: { next: 'operator' } },
    ),
    testWorld(),
  )

  async function asking0(transfer: (queue: string | null) => Promise<boolean>) {
    const leg = new ScriptedLeg()
    const clock = virtualClock()
    const variables = { operator: true }
    const parts = { leg, flow: handing, variables, prompts: anyPrompts(), clock, onRecord: () => {} }
    const done = runFlow({ ...parts, transfer })
    await clock.advance(1_000)
    leg.press('0')
    await leg.settlePlay('stopped')
    await leg.settleStop()
    return { leg, clock, done }
  }

  it('speaks before it asks for an agent of the queue', async () => {
    const asked: (string | null)[] = []
    const { leg } = await asking0(async (queue) => {
      asked.push(queue)
      return new Promise(() => {})
    })
    expect(asked).toEqual([])
    expect(leg.calls.at(-1)).toBe('play wait')
    await leg.hear()
    expect(asked).toEqual(['人工'])
  })

  it('is over without an outcome once an agent has the patient', async () => {
    const { leg, clock, done } = await asking0(async () => true)
    await leg.hear()
    expect(await done).toMatchObject({ outcome: null, handedOver: true, lastNode: 'operator', error: null })
    expect(clock.pending).toBe(0)
  })

  it('goes on with the machine when nobody was to be had', async () => {
    const { leg, done } = await asking0(async () => false)
    await leg.hear()
    expect(leg.calls.at(-1)).toBe('play apology')
    await leg.hear()
    expect(await done).toMatchObject({ outcome: 'callback', handedOver: false })
  })

  it('is over for a patient who hangs up meanwhile, whatever is answered later', async () => {
    const waiting = Promise.withResolvers<boolean>()
    const { leg, done } = await asking0(() => waiting.promise)
    await leg.hear()
    await leg.hangUpByPatient()
    waiting.resolve(true)
    expect(await done).toMatchObject({ outcome: 'partial', handedOver: false })
  })
})

describe('the end', () => {
  it('comes after the good-bye, and the leg stays the caller’s to hang up', async () => {
    const { leg, done, clock } = await atMenu()
    leg.press('2')
    await leg.settlePlay('stopped')
    await leg.settleStop()
    await leg.hear()
    expect(await done).toMatchObject({
      outcome: 'done',
      handedOver: false,
      answered: 0,
      total: 0,
      lastNode: 'thanks',
      error: null,
    })
    expect(leg.calls).not.toContain('hangUp')
    expect(clock.pending).toBe(0)
  })

  it('of a patient who hangs up while a prompt plays is partial', async () => {
    const { leg, done, records } = await atMenu()
    await leg.hangUpByPatient()
    await leg.settlePlay('ended')
    expect(await done).toMatchObject({ outcome: 'partial', lastNode: 'menu', error: null })
    expect(records.at(-1)).toEqual({ type: 'outcome', outcome: 'partial' })
    expect(leg.calls).toEqual([])
  })

  it('while a stop is under way asks for nothing more', async () => {
    const { leg, done } = await atMenu()
    leg.press('1')
    await leg.hangUpByPatient()
    await leg.failStop(new OperationalError('MEDIA_LOST'))
    await leg.settlePlay('ended')
    expect(await done).toMatchObject({ outcome: 'partial', lastNode: 'second', error: null })
    expect(leg.calls).toEqual(['stop'])
  })

  it('leaves no timer behind', async () => {
    const { leg, clock, done } = await atMenu()
    await leg.hear()
    await leg.hear()
    await leg.hangUpByPatient()
    await done
    expect(clock.pending).toBe(0)
  })

  it('of a leg that had ended before is told at once', async () => {
    const leg = new ScriptedLeg()
    await leg.hangUpByPatient()
    expect(await run(leg).done).toMatchObject({ outcome: 'partial', lastNode: null })
    expect(leg.calls).toEqual([])
  })

  it('comes when a prompt cannot be played: a notice that was not heard may not be passed over', async () => {
    const { leg, done } = run()
    await leg.hear()
    const failure = new OperationalError('MEDIA_PLAY_FAILED')
    await leg.failPlay(failure)
    expect(await done).toMatchObject({ outcome: 'callback', lastNode: 'opening', error: failure })
    expect(leg.calls).toEqual(['play who', 'play notice'])
  })

  it('comes when the sound of what is asked next is gone, once the line is silent: a call back is owed', async () => {
    const prompts = { ...anyPrompts() }
    const { leg, done, records } = await atMenu(prompts)
    prompts.resolve = () => {
      throw new UserError('FLOW_PROMPT_UNKNOWN', { prompt: 'second', language: 'zh-CN' })
    }
    leg.press('1')
    let over = false
    void done.then(() => {
      over = true
    })
    await leg.settleStop()
    expect(over).toBe(false)
    await leg.settlePlay('stopped')
    expect(await done).toMatchObject({ outcome: 'callback', error: { code: 'FLOW_PROMPT_UNKNOWN' } })
    expect(leg.calls).toEqual(['stop'])
    expect(records.at(-1)).toEqual({ type: 'outcome', outcome: 'callback' })
  })

  it('comes when a prompt is stopped by nobody', async () => {
    const { leg, done } = await atMenu()
    await leg.settlePlay('stopped')
    expect((await done).error).toMatchObject({ code: 'FLOW_PROMPT_INTERRUPTED' })
  })

  it('takes no key any more', async () => {
    const { leg, done, records } = await atMenu()
    await leg.hangUpByPatient()
    await done
    const before = records.length
    leg.press('1')
    expect(records).toHaveLength(before)
  })
})
