import { closeSync, openSync, writeSync } from 'node:fs'

/** Microseconds that a core may take to wake, a signed word of 32 bits; holds while the file is open (Linux, PM QoS). */
const device = '/dev/cpu_dma_latency'

/**
 * Keeps idle cores from being put to sleep, as cyclictest does while it measures. A bench that works a tenth of the time
 * measures how a core wakes as well: on a virtual machine one that sleeps has been given back to the host, and what is
 * woken waits until the host gives it back, by its mood 1 or 20 ms. A house in which calls go on is never that still.
 * @returns lets them sleep again; null where the system does not allow it (needs root, a kernel with PM QoS)
 */
export function keepCoresAwake(): (() => void) | null {
  try {
    const file = openSync(device, 'w')
    writeSync(file, Buffer.alloc(4))
    return () => closeSync(file)
  } catch {
    return null
  }
}
