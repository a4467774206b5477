import type { phoneZh } from './phone-zh.ts'
import type { Texts } from './texts.ts'

/** Words of the telephone in the page. */
export const phoneEn: Texts<typeof phoneZh> = {
  name: 'Web phone',
  link: {
    off: 'not connected',
    connecting: 'connecting',
    registered: 'registered',
    calling: 'joining',
    up: 'connected',
    waiting: 'cut off',
  },
  mute: 'Mute',
  muted: 'Muted',
  devices: 'Audio devices',
  microphone: 'Microphone',
  noMicrophone: 'No microphone can be used',
  defaultDevice: 'System default',
  level: 'Level',
  levelHint: 'Speak: the green bar should move',
  levelMuted: 'Muted: nobody hears you',
  speaker: 'Voices',
  ringer: 'Answer sound',
  tone: 'Test',
  again: 'Try again',
  now: 'Try now',
  gone: 'The web phone is cut off and is coming back by itself',
  goneNext: 'Check the network. The phone connects again by itself; a patient in a call hears music meanwhile.',
  elsewhere: 'Your seat is open in another window',
  elsewhereNext: 'A seat is worked in one window only. Go on there, or take it over to this window.',
  taken_over: 'Another window has taken over your seat',
  taken_overNext:
    'The phone of this window is off, and what follows can only be read. To go on here, take the seat back.',
  takeOver: 'Take over here',
  takeOverAsk: 'Take the seat over to this window?',
  takeOverText:
    'The other window stops at once. In a call the patient hears music for a moment, and you go on in this window.',
  expired: 'Your session has ended; the call has not been cut',
  expiredNext: 'You and the patient still hear each other. Sign in with the same account to go on with the form.',
  fault: {
    microphone_refused: 'The browser does not allow the microphone',
    microphone_refusedNext:
      'Click the icon left of the address, set “Microphone” to “Allow”, and try again. If that is greyed out, ask IT.',
    microphone_none: 'No microphone was found',
    microphone_noneNext: 'Plug in the headset or microphone; it goes on by itself, or press “Try again”.',
    microphone_busy: 'Another program holds the microphone',
    microphone_busyNext: 'Close the meeting or recording program that uses it, then try again.',
    microphone_insecure: 'The microphone cannot be used at this address',
    microphone_insecureNext:
      'Browsers allow it at https addresses only. Open the system by its address that begins with https://, or ask IT.',
    microphone_lost: 'The microphone is gone, the patient does not hear you',
    microphone_lostNext:
      'The call goes on, and you still hear the patient. Plug the headset in again, or choose another microphone under “Audio devices”.',
    phone_refused: 'The server refused the web phone',
    phone_refusedNext: 'It is trying again. If that goes on, sign out and in again, or ask IT.',
  },
}
