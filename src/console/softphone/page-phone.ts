import { openSeat } from '../seat/seat-api.ts'
import { Loudspeakers } from './loudspeakers.ts'
import { Microphone, silentTrack } from './microphone.ts'
import { ownPageId } from './page-id.ts'
import { SeatPhone } from './seat-phone.ts'

/**
 * The one telephone of this page. It belongs to the window, not to what the window shows: it goes on through other
 * pages of the console and through a session that has run out, so that no call is cut by them.
 */
export interface PagePhone {
  readonly pageId: string
  readonly phone: SeatPhone
  readonly microphone: Microphone
  readonly loudspeakers: Loudspeakers
}

let present: PagePhone | null = null
let owner: string | null = null

/** Made when a page with a telephone is shown for the first time. */
export function pagePhone(): PagePhone {
  present ??= makePagePhone()
  return present
}

/** Who has signed out by their own will has no leg any more. */
export function endPagePhone(): void {
  present?.phone.close()
}

/** Who is signed in now. After a session that ran out it is mostly the same person, whose leg goes on; else it ends. */
export function pagePhoneOf(signInName: string): void {
  if (owner !== null && owner !== signInName) endPagePhone()
  owner = signInName
}

/** Whether the voice of a call goes through this page now. */
export function isPhoneUp(): boolean {
  return present?.phone.view().link === 'up'
}

function makePagePhone(): PagePhone {
  const pageId = ownPageId(sessionStorage, window)
  const microphone = new Microphone()
  const loudspeakers = new Loudspeakers()
  // With the microphone the browser tells the names of the loudspeakers too.
  microphone.watch(() => void loudspeakers.list())
  const phone = new SeatPhone({
    openSeat: (options) => openSeat({ pageId, ...options }),
    makePhone: async (account, listener) => {
      const { JssipPhone } = await import('./jssip-phone.ts')
      return new JssipPhone(account, listener)
    },
    microphone,
    silence: silentTrack,
    setTimeout: (run, ms) => window.setTimeout(run, ms),
    clearTimeout: (timer) => typeof timer === 'number' && window.clearTimeout(timer),
  })
  window.addEventListener('online', () => void phone.tryNow())
  window.addEventListener('pagehide', () => phone.leave())
  // Back from the browser's store of pages, where the leg could not live.
  window.addEventListener('pageshow', ({ persisted }) => persisted && void phone.tryNow())
  playVoice(phone, loudspeakers)
  return { pageId, phone, microphone, loudspeakers }
}

/** The other side's voice, through the loudspeaker that is chosen. */
function playVoice(phone: SeatPhone, loudspeakers: Loudspeakers): void {
  const speaker = new Audio()
  speaker.autoplay = true
  loudspeakers.carry(speaker)
  phone.watch(() => {
    const { voice } = phone.view()
    if (speaker.srcObject === voice) return
    speaker.srcObject = voice
    // A browser may want a click before a page sounds; the first one anywhere will do.
    speaker.play().catch(() => {
      if (voice === null) return
      const again = () => void speaker.play().catch(() => undefined)
      window.addEventListener('pointerdown', again, { once: true })
      window.addEventListener('keydown', again, { once: true })
    })
  })
}
