/**
 * Entry of the gateway's process: it ends ICE, DTLS and SRTP of browsers and passes plain RTP to the legs. Started by
 * `Gateway`, and ends with it.
 *
 * A process and not a thread: the native library under it reads what strangers send, keeps threads of its own, and can
 * be loaded only once in a process. What goes wrong in it ends browsers' legs and nobody else's.
 */
import { raisePriority } from '../media/raise-priority.ts'
import type { FromGateway, GatewaySettings, ToGateway } from './gateway-messages.ts'
import { PeerLink } from './peer-link.ts'

// Written by Gateway in this very version: nobody else starts this process.
const settings: GatewaySettings = JSON.parse(process.env.SUIFANG_GATEWAY ?? '{}')
/** A browser that was closed while it was being opened is null until it is there. */
const links = new Map<number, PeerLink | null>()

process.on('disconnect', () => process.exit(0))
// They are for the softswitch, which hangs up in its own order.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})

// Threads of the library inherit it, so it comes before the library.
raisePriority()
const library = await import('node-datachannel')
library.preload()
process.on('message', (message: ToGateway) => handle(message))
say({ type: 'ready' })

function handle(message: ToGateway): void {
  switch (message.type) {
    case 'open':
      void open(message)
      return
    case 'close':
      links.get(message.peer)?.close()
      links.delete(message.peer)
      return
    case 'figures': {
      const { user, system } = process.cpuUsage()
      const figures = { pid: process.pid, peers: links.size, cpuMs: (user + system) / 1000 }
      say({ type: 'figures', ask: message.ask, figures })
    }
  }
}

async function open({ peer, offer, mediaPort }: Extract<ToGateway, { type: 'open' }>): Promise<void> {
  links.set(peer, null)
  try {
    const link = await PeerLink.open({
      library,
      gateway: settings,
      name: `browser-${peer}`,
      offer,
      mediaPort,
      connected: () => say({ type: 'connected', peer }),
      lost: (state) => say({ type: 'lost', peer, state }),
    })
    if (!links.has(peer)) {
      link.close()
      return
    }
    links.set(peer, link)
    say({ type: 'opened', peer, answer: link.answer, port: link.port })
  } catch (error) {
    links.delete(peer)
    say({ type: 'openFailed', peer, message: error instanceof Error ? error.message : String(error) })
  }
}

function say(message: FromGateway): void {
  if (process.connected) process.send?.(message)
}
