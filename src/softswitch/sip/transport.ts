/** Where datagrams come from and go to. UDP in service; tests put a lossy, virtual network in its place. */
import { createSocket } from 'node:dgram'

export interface Hop {
  readonly address: string
  readonly port: number
}

export interface SipTransport {
  /** Address and port this side is reached at. */
  readonly local: Hop
  /** Gives the datagram away; loss is nobody's error. `onError` tells of a send the kernel refused. */
  send(datagram: Buffer, to: Hop, onError?: (error: Error) => void): void
  /** One listener; set before the first datagram can come. */
  onDatagram: (datagram: Buffer, from: Hop) => void
  close(): Promise<void>
}

export interface UdpSettings {
  /** Numeric address to bind. */
  readonly address: string
  /** 0 = any free port. */
  readonly port: number
}

/** @throws the system's error (EADDRINUSE, EADDRNOTAVAIL) when the address cannot be bound */
export async function openUdp(settings: UdpSettings): Promise<SipTransport> {
  const socket = createSocket({ type: settings.address.includes(':') ? 'udp6' : 'udp4', recvBufferSize: 4 << 20 })
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
    local: { address: bound.address, port: bound.port },
    onDatagram: () => {},
    send(datagram, to, onError) {
      if (!open) return
      try {
        socket.send(datagram, to.port, to.address, (error) => {
          if (error !== null && open) onError?.(error)
        })
      } catch (error) {
        onError?.(error instanceof Error ? error : new Error(String(error)))
      }
    },
    close() {
      if (!open) return Promise.resolve()
      open = false
      return new Promise((resolve) => socket.close(() => resolve()))
    },
  }
  socket.on('message', (datagram, from) => transport.onDatagram(datagram, { address: from.address, port: from.port }))
  // After binding, an error on a UDP socket concerns one datagram and never the rest of the calls.
  socket.on('error', () => {})
  return transport
}
