import { openCarrier } from '#carrier/carrier-process.ts'
import { carrierDied, carrierRunsAgain, pointSimulatedTrunks } from '#contact-center/trunks/trunk-store.ts'
import { tellOfTrunks } from '#contact-center/trunks/trunk-watch.ts'
import type { GroundFloor } from '#platform/ground.ts'
import { keepProcess } from '#platform/kept-process.ts'

/**
 * The simulated carrier, found again or started, and started again on its port whenever it dies: its trunks stay where they
 * are, and the trunks page says what happened.
 */
export async function openSimulatedCarrier({
  db,
  log,
  clock,
  stateFile,
}: Pick<GroundFloor, 'db' | 'log' | 'clock'> & { readonly stateFile: string }) {
  const onLog = (line: string) => log.debug({ carrier: line }, 'carrier says')
  const first = await openCarrier({ stateFile, onLog })
  const { host, sipPort } = first.state
  await pointSimulatedTrunks(db, { host, port: sipPort })
  return keepProcess(first, {
    name: 'the simulated carrier',
    start: () => openCarrier({ stateFile, settings: { sipPort }, onLog }),
    onDied: () => tellOfTrunks(db, carrierDied),
    onAgain: () => tellOfTrunks(db, carrierRunsAgain),
    clock,
    log,
  })
}
