/** A node that dials one number, says what it holds of the leg, and waits to be killed. Its orders come as JSON in argv. */
import { silentLog } from '#platform/log.ts'
import { openTelephony } from '#telephony/open-telephony.ts'

const { drachtio, freeswitch, order } = JSON.parse(process.argv[2] ?? '{}')
const telephony = await openTelephony({ drachtio, freeswitches: [freeswitch], log: silentLog })
const dial = telephony.dial(order, {
  onInviteSent: (ref) => console.log(`invited ${JSON.stringify(ref)}`),
  onRinging: () => console.log('ringing'),
})
const result = await dial.result
if (result.answered) console.log(`answered ${JSON.stringify(result.leg.ref)}`)
