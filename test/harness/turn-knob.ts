import { once } from 'node:events'
import { connect } from 'node:net'
import type { Knob } from '#softswitch/chaos/knobs.ts'

/** Turns a knob of a softswitch that was started with this `chaosSocket`. @throws unless it was understood */
export async function turnKnob(path: string, knob: Knob): Promise<void> {
  const socket = connect(path)
  try {
    socket.write(`${JSON.stringify(knob)}\n`)
    const [answer]: Buffer[] = await once(socket, 'data')
    if (String(answer).trim() !== '{"ok":true}') throw new Error(`the knob was not understood: ${JSON.stringify(knob)}`)
  } finally {
    socket.destroy()
  }
}
