/** A process that opens the ground as its environment says, as `instance` or `guest`, and closes it on SIGTERM. */
import { openGround } from '../../src/platform/ground.ts'
import { createLog } from '../../src/platform/log.ts'
import { readSettings } from '../../src/platform/settings/settings.ts'

const as = process.argv[2] === 'guest' ? 'guest' : 'instance'
const ground = await openGround({ settings: readSettings(), log: createLog(), as })
process.once('SIGTERM', async () => {
  await ground.close()
  console.log('closed')
})
console.log(`ready ${ground.url}`)
