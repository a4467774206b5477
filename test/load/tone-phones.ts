import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { FromTonePhones, TonePhonesOrder } from './tone-phones-process.ts'

/** Telephones that hum, in a process of their own. */
export interface TonePhones {
  /** Where they are called: any number at this port of 127.0.0.1. */
  readonly port: number
  close(): Promise<void>
}

export async function openTonePhones(
  order: TonePhonesOrder,
  onTold: (told: Exclude<FromTonePhones, { type: 'open' }>) => void,
): Promise<TonePhones> {
  const path = fileURLToPath(new URL('./tone-phones-process.ts', import.meta.url))
  const child: ChildProcess = fork(path, [JSON.stringify(order)], { execArgv: [] })
  const opened = new Promise<number>((resolve) => {
    child.on('message', (told: FromTonePhones) => {
      if (told.type === 'open') resolve(told.port)
      else onTold(told)
    })
  })
  const port = await Promise.race([
    opened,
    once(child, 'exit', { signal: AbortSignal.timeout(10_000) }).then(() => {
      throw new Error('the telephones did not start')
    }),
  ])
  return {
    port,
    async close() {
      if (child.exitCode !== null) return
      const ended = once(child, 'exit')
      child.disconnect()
      await ended
    },
  }
}
