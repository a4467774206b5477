import type { Socket } from 'node:net'

/** A connection of modesl or drachtio-modesl. Its socket is null once it has closed. */
interface CommandConnection {
  readonly socket: Socket | null
  send(command: string, headers?: Readonly<Record<string, unknown>>): void
}

/**
 * Lets each command leave in one piece. The libraries write every header line by itself: for an execute that is seven
 * system calls and packets here, and as many readings on the other side.
 */
export function gatherCommands(connection: CommandConnection): void {
  const send = connection.send.bind(connection)
  connection.send = (command, headers) => {
    const { socket } = connection
    socket?.cork()
    try {
      send(command, headers)
    } finally {
      socket?.uncork()
    }
  }
}
