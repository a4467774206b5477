/** What the server says to applications of what they asked for, and of what came back. */
import type { SipEndpoint } from '#softswitch/sip/sip-endpoint.ts'
import type { SipResponse } from '#softswitch/sip/sip-message.ts'
import type { Hop, SipProtocol } from '#softswitch/sip/transport.ts'
import type { AppClient } from './app-client.ts'
import { dialogFrame, type MessageMeta } from './server-frame.ts'

/** A refusal with the text the application is told: the real server's, applications look for words in it. */
export class Refusal extends Error {}

/** Runs what a client asks for; a refusal is told behind `prefix`. */
export function answering(client: AppClient, msgId: string, prefix: string, run: () => void): void {
  try {
    run()
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    client.nok(msgId, `${prefix}${error.message}`)
  }
}

/** What left, and from where. */
export function sentMeta(endpoint: SipEndpoint, protocol: SipProtocol = 'udp'): MessageMeta {
  return { source: 'application', peer: { ...endpoint.localOf(protocol), protocol } }
}

/** An answer of the network to a request of the application's. */
export function tellAnswer(
  endpoint: SipEndpoint,
  client: AppClient,
  answer: {
    readonly transactionId: string
    readonly dialogId: string
    readonly response: SipResponse
    readonly source: Hop | undefined
  },
): void {
  const { transactionId, dialogId, response, source } = answer
  const peer = source ?? endpoint.local
  client.send(dialogFrame({ source: 'network', peer }, transactionId, dialogId, response.toBuffer()))
}
