import { UserError } from '../errors/errors.ts'
import './http-errors.ts'

interface Listening {
  listen(at: { readonly host: string; readonly port: number }): Promise<string>
}

/** What the system says, and the error that tells it to whoever set the address. */
const refusals: Readonly<Record<string, string>> = {
  EADDRINUSE: 'CONSOLE_PORT_TAKEN',
  EACCES: 'CONSOLE_PORT_RESERVED',
  EADDRNOTAVAIL: 'CONSOLE_ADDRESS_NOT_HERE',
}

/**
 * @returns the address, as a browser is given it
 * @throws UserError CONSOLE_PORT_TAKEN, CONSOLE_PORT_RESERVED, CONSOLE_ADDRESS_NOT_HERE {host, port}
 */
export async function listenAt(server: Listening, { host, port }: { readonly host: string; readonly port: number }) {
  try {
    return await server.listen({ host, port })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? refusals[String(error.code)] : undefined
    throw code === undefined ? error : new UserError(code, { host, port }, { cause: error })
  }
}
