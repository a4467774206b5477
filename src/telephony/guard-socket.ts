import type { Socket } from 'node:net'

/**
 * Catches what the client libraries throw while they digest bytes of `socket`.
 *
 * drachtio-srf, drachtio-modesl and modesl throw inside their data handlers: on a stray `%` in a header, an unknown
 * frame, a re-INVITE without a body. Uncaught, that ends the process and with it every call; here it ends what hangs
 * on this one socket. Call it once the library has attached its data handler.
 *
 * @param onThrow should end what the socket stands for: the library's state after a throw is not to be trusted
 */
export function guardSocket(socket: Socket, onThrow: (error: unknown) => void): void {
  const listeners = socket.listeners('data')
  socket.removeAllListeners('data')
  for (const listener of listeners) {
    socket.on('data', (chunk) => {
      try {
        listener.call(socket, chunk)
      } catch (error) {
        onThrow(error)
      }
    })
  }
}
