import { beforeEach, describe, expect, it } from 'vitest'
import { RefusedError } from '../api/request.ts'
import { MicrophoneError, type MicrophoneFault, type MicrophoneSource } from './microphone.ts'
import { SeatPhone } from './seat-phone.ts'
import type { SipAccount, SipPhone, SipPhoneListener } from './sip-phone.ts'

const account: SipAccount = {
  uri: 'sip:90001@suifang.invalid',
  username: '90001',
  password: 'first',
  target: 'sip:seat@suifang.invalid',
  path: '/sip',
}
const refusal = (code: string, status: number) =>
  new RefusedError({ code, message: code, next: '', requestId: '' }, status)

/** Node has no media: a track is only handed on here. */
const track = (name: string) => ({ name }) as unknown as MediaStreamTrack
const voice = {} as MediaStream

/** A telephone that does what the test says. */
class FakePhone implements SipPhone {
  readonly account: SipAccount
  readonly listener: SipPhoneListener
  readonly done: string[] = []
  isHeard = false
  isOpen = false
  sent: MediaStreamTrack | null = null

  constructor(account: SipAccount, listener: SipPhoneListener) {
    this.account = account
    this.listener = listener
  }

  start(): void {
    this.done.push('start')
  }

  call(microphone: MediaStreamTrack): void {
    this.sent = microphone
    this.done.push('call')
  }

  replace(microphone: MediaStreamTrack): void {
    this.sent = microphone
  }

  open(microphone: boolean): void {
    this.isOpen = microphone
  }

  hangUp(): void {
    this.isHeard = false
    this.done.push('hang-up')
  }

  reconnect(): void {
    this.done.push('reconnect')
    this.listener.onSocketLost()
  }

  close(): void {
    this.done.push('close')
  }

  answered(): void {
    this.isHeard = true
    this.listener.onUp(voice)
  }

  /** The network is cut: nothing comes any more, and nobody has said so. */
  cut(): void {
    this.isHeard = false
    this.listener.onSilence()
  }
}

class FakeMicrophone implements MicrophoneSource {
  onLost = () => {}
  onChange = () => {}
  fault: MicrophoneFault | null = null
  opened = 0
  isOn = false

  async open(): Promise<MediaStreamTrack> {
    if (this.fault !== null) throw new MicrophoneError(this.fault)
    this.opened += 1
    this.isOn = true
    return track(`microphone ${this.opened}`)
  }

  close(): void {
    this.isOn = false
  }
}

let phones: FakePhone[]
let microphone: FakeMicrophone
let opened: { takeOver: boolean }[]
let answer: () => Promise<SipAccount | null>
let waiting: { run: () => void; ms: number } | null
let phone: SeatPhone

beforeEach(() => {
  phones = []
  opened = []
  waiting = null
  microphone = new FakeMicrophone()
  answer = async () => account
  phone = new SeatPhone({
    openSeat: (options) => {
      opened.push(options)
      return answer()
    },
    makePhone: async (given, listener) => {
      const made = new FakePhone(given, listener)
      phones.push(made)
      return made
    },
    microphone,
    silence: () => track('silence'),
    setTimeout: (run, ms) => {
      waiting = { run, ms }
      return waiting
    },
    clearTimeout: () => {
      waiting = null
    },
  })
})

const sip = () => {
  const present = phones.at(-1)
  if (present === undefined) throw new Error('no telephone was made')
  return present
}
/** Lets everything that was promised come true. */
const settle = () => new Promise((resolve) => setImmediate(resolve))
async function pass(): Promise<void> {
  const due = waiting
  waiting = null
  due?.run()
  await settle()
}
async function up(): Promise<FakePhone> {
  await phone.open()
  phone.want(true)
  sip().listener.onRegistered()
  await settle()
  sip().answered()
  return sip()
}

describe('the seat’s telephone in the page', () => {
  it('registers when the seat is opened, and asks for no microphone before a leg is wanted', async () => {
    await phone.open()
    sip().listener.onRegistered()
    await settle()
    expect(phone.view()).toMatchObject({ page: 'ours', kind: 'browser', link: 'registered' })
    expect(microphone.opened).toBe(0)
  })

  it('calls in when a leg is wanted, and is up with an open microphone', async () => {
    const { sent, isOpen } = await up()
    expect(phone.view()).toMatchObject({ link: 'up', sends: true, voice })
    expect(sent).toEqual(track('microphone 1'))
    expect(isOpen).toBe(true)
  })

  it('uses nothing of the page for a desk phone', async () => {
    answer = async () => null
    await phone.open()
    expect(phone.view()).toMatchObject({ page: 'ours', kind: 'desk' })
    expect(phones).toEqual([])
  })

  it('ends the leg and lets the microphone go when it is not wanted any more', async () => {
    const { done } = await up()
    phone.want(false)
    expect(done.at(-1)).toBe('hang-up')
    expect(microphone.isOn).toBe(false)
    expect(phone.view().link).toBe('registered')
  })

  it('ends the leg when the page goes away', async () => {
    const { done } = await up()
    phone.leave()
    expect(done.at(-1)).toBe('hang-up')
  })
})

describe('after a cut', () => {
  it('gives the socket up when nothing comes back, and calls in anew as soon as it is registered', async () => {
    const { done, listener } = await up()
    sip().cut()
    expect(done.at(-1)).toBe('reconnect')
    expect(phone.view().link).toBe('waiting')
    listener.onRegistered()
    await settle()
    expect(done.filter((each) => each === 'call')).toHaveLength(2)
  })

  it('keeps a leg that has lived through it', async () => {
    const { done, listener } = await up()
    listener.onSocketLost()
    listener.onRegistered()
    await settle()
    expect(phone.view().link).toBe('up')
    expect(done.filter((each) => each === 'call')).toHaveLength(1)
  })

  it('does not wait any longer when the network says that it is back', async () => {
    const { done } = await up()
    sip().cut()
    await phone.tryNow()
    expect(done.filter((each) => each === 'reconnect')).toHaveLength(2)
  })

  it('calls in again when the server has ended the leg, waiting longer each time and never over 8 s', async () => {
    const { listener } = await up()
    const waits: (number | undefined)[] = []
    for (let failure = 0; failure < 7; failure += 1) {
      listener.onDown(503)
      waits.push(waiting?.ms)
      await pass()
    }
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000])
  })

  it('begins with the short wait again after the leg was up', async () => {
    const { listener } = await up()
    listener.onDown(503)
    await pass()
    sip().answered()
    listener.onDown(null)
    expect(waiting?.ms).toBe(500)
  })

  it('takes a fresh password when the old one is refused, and never tries the old one again', async () => {
    const { done, listener } = await up()
    answer = async () => ({ ...account, password: 'second' })
    listener.onRefused(403)
    await pass()
    expect(done.at(-1)).toBe('close')
    expect(sip().account.password).toBe('second')
  })
})

describe('two windows', () => {
  it('says that another has the seat, and takes it over only when told to', async () => {
    answer = async () => Promise.reject(refusal('SEAT_OPEN_ELSEWHERE', 409))
    await phone.open()
    expect(phone.view().page).toBe('elsewhere')
    answer = async () => account
    await phone.open({ takeOver: true })
    expect(phone.view().page).toBe('ours')
    expect(opened).toEqual([{ takeOver: false }, { takeOver: true }])
  })

  it('gives way to the window that takes over: leg, socket and microphone', async () => {
    const { done } = await up()
    phone.taken()
    expect(done.at(-1)).toBe('close')
    expect(microphone.isOn).toBe(false)
    expect(phone.view()).toMatchObject({ page: 'taken_over', link: 'off', sends: false })
  })

  it('does not come back by itself after it has been taken over', async () => {
    await up()
    phone.taken()
    await phone.tryNow()
    expect(phone.view().page).toBe('taken_over')
    expect(opened).toHaveLength(1)
  })

  it('learns from a refused password that it was taken over while it was cut off', async () => {
    const { listener } = await up()
    answer = async () => Promise.reject(refusal('SEAT_OPEN_ELSEWHERE', 409))
    listener.onRefused(403)
    await pass()
    expect(phone.view().page).toBe('taken_over')
  })

  it('tries again where the server did not answer, and not where it refused', async () => {
    answer = async () => Promise.reject(refusal('OFFLINE', 0))
    await phone.open()
    expect(waiting?.ms).toBe(500)
    answer = async () => Promise.reject(refusal('SEAT_NO_PHONE', 409))
    await pass()
    expect(phone.view().page).toBe('refused')
    expect(waiting).toBeNull()
  })
})

describe('the microphone', () => {
  it.each(['refused', 'none', 'busy', 'insecure'] as const)(
    'that is %s is told of, and no call is made',
    async (fault) => {
      microphone.fault = fault
      await phone.open()
      phone.want(true)
      sip().listener.onRegistered()
      await settle()
      expect(phone.view().fault).toBe(`microphone_${fault}`)
      expect(sip().done).not.toContain('call')
    },
  )

  it('that may be used at last is used at once', async () => {
    microphone.fault = 'refused'
    await phone.open()
    phone.want(true)
    sip().listener.onRegistered()
    await settle()
    microphone.fault = null
    microphone.onChange()
    await settle()
    expect(sip().done.at(-1)).toBe('call')
    sip().answered()
    expect(phone.view()).toMatchObject({ link: 'up', fault: null })
  })

  it('that is pulled out gives way to another without a word', async () => {
    await up()
    microphone.onLost()
    await settle()
    expect(sip().sent).toEqual(track('microphone 2'))
    expect(phone.view()).toMatchObject({ link: 'up', fault: null })
  })

  it('that is pulled out with no other leaves the leg up on silence, until one is plugged in', async () => {
    await up()
    microphone.fault = 'none'
    microphone.onLost()
    await settle()
    expect(sip().sent).toEqual(track('silence'))
    expect(phone.view()).toMatchObject({ link: 'up', fault: 'microphone_lost', sends: false })
    microphone.fault = null
    microphone.onChange()
    await settle()
    expect(sip().sent).toEqual(track('microphone 2'))
    expect(phone.view()).toMatchObject({ fault: null, sends: true })
  })

  it('is closed at the sender while muted, also through a call that is made anew', async () => {
    await up()
    phone.mute(true)
    expect(sip().isOpen).toBe(false)
    expect(phone.view()).toMatchObject({ muted: true, sends: false })
    answer = async () => ({ ...account, password: 'second' })
    sip().listener.onRefused(401)
    await pass()
    expect(sip().isOpen).toBe(false)
  })

  it('of a supervisor who listens is closed, whatever the switch says', async () => {
    phone.speaks(false)
    await up()
    expect(sip().isOpen).toBe(false)
    phone.mute(true)
    phone.mute(false)
    expect(sip().isOpen).toBe(false)
    phone.speaks(true)
    expect(sip().isOpen).toBe(true)
  })
})
