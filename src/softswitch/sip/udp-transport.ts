/** SIP over UDP: a datagram a message. */
import { createSocket } from 'node:dgram'
import type { Impairment } from '../chaos/impairment.ts'
import type { SipTransport } from './transport.ts'

export interface UdpSettings {
  /** Numeric address to bind. */
  readonly address: string
  /** 0 = any free port. */
  readonly port: number
  /** A bad network between it and everybody, for tests. */
  readonly impairment?: Impairment
}

/** @throws the system's error (EADDRINUSE, EADDRNOTAVAIL) when the address cannot be bound */
export async function openUdp(settings: UdpSettings): Promise<SipTransport> {
  const socket = createSocket({ type: settings.address.includes(':') ? 'udp6' : 'udp4', recvBufferSize: 4 << 20 })
  settings.impairment?.on(socket)
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.bind({ address: settings.address, port: settings.port, exclusive: true }, () => {
      socket.removeListener('error', reject)
      resolve()
    })
  })
  const bound = socket.address()
  let open = true
  const transport: SipTransport = {
    protocol: 'udp',
    local: { address: bound.address, port: bound.port },
    onMessage: () => {},
    send(datagram, to, onError) {
      if (!open) return
      try {
        socket.send(datagram, to.port, to.address, (error) => {
          if (error !== null && open) onError?.(error)
        })
      } catch (error) {
        queueMicrotask(() => onError?.(error instanceof Error ? error : new Error(String(error))))
      }
    },
    close() {
      if (!open) return Promise.resolve()
      open = false
      return new Promise((resolve) => socket.close(() => resolve()))
    },
  }
  socket.on('message', (datagram, from) => {
    if (!isKeepAlive(datagram)) transport.onMessage(datagram, { address: from.address, port: from.port })
  })
  // After binding, an error on a UDP socket concerns one datagram and never the rest of the calls.
  socket.on('error', () => {})
  return transport
}

/** Keep-alives of RFC 5626 and of simple phones: a few line ends or NULs. */
function isKeepAlive(datagram: Buffer): boolean {
  return datagram.length <= 4 && datagram.every((byte) => byte === 0x0d || byte === 0x0a || byte === 0)
}
