/** What the page asks of a SIP telephone; `jssip-phone.ts` is the one that speaks SIP, tests take one of their own. */

/** What `POST /api/seat/open` gives the seat's page for its telephone. The password is good until the next one is given. */
export interface SipAccount {
  /** `sip:<extension>@<domain>` */
  readonly uri: string
  readonly username: string
  readonly password: string
  /** Who is called to be the leg of the seat: `sip:seat@<domain>`. */
  readonly target: string
  /** Of the WebSocket, at the console's own address. */
  readonly path: string
}

export interface SipPhoneListener {
  /** The server knows the telephone: it can call. Said again after each lost connection. */
  onRegistered(): void
  /** The socket is gone; the telephone comes back by itself. A leg that is up goes on meanwhile. */
  onSocketLost(): void
  /** The server does not take this password (any more). @param status of the answer to REGISTER */
  onRefused(status: number): void
  /** The leg is up; `voice` is what comes from the other side. */
  onUp(voice: MediaStream): void
  /** The leg has ended, or the call did not come to one. @param status of the answer to INVITE, where there was one */
  onDown(status: number | null): void
  /** Nothing comes back from the other side any more: network, or the leg's end was not heard of. */
  onSilence(): void
}

export interface SipPhone {
  start(): void
  /** Calls in; what becomes of it comes as `onUp` or `onDown`. @param microphone what is sent, if it is open */
  call(microphone: MediaStreamTrack): void
  /** True while a leg is up and something comes back from the other side. */
  readonly isHeard: boolean
  /** Sends another track from now on. */
  replace(microphone: MediaStreamTrack): void
  /** Whether what the microphone hears leaves this page. Closed, silence is sent. */
  open(microphone: boolean): void
  /** Ends the leg (BYE) or the call that is not a leg yet. `onDown` is not said. */
  hangUp(): void
  /** Gives the socket up, dead or not, and connects anew: which also tells whether the network is there. */
  reconnect(): void
  /** Ends everything; nothing is said any more. */
  close(): void
}
