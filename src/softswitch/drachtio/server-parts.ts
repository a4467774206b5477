import type { SipEndpoint } from '#softswitch/sip/sip-endpoint.ts'
import type { OnRefused } from '../refusal-book.ts'
import type { DialogBook } from './app-dialog.ts'
import type { CallRecords } from './call-records.ts'
import type { ClientRegistry } from './client-registry.ts'
import type { FlowCache } from './flow-cache.ts'
import type { SessionTimers } from './session-timers.ts'

/** What both directions of the server work on. */
export interface ServerParts {
  readonly onRefused: OnRefused
  readonly endpoint: SipEndpoint
  readonly dialogs: DialogBook
  readonly registry: ClientRegistry
  readonly flows: FlowCache
  readonly sessions: SessionTimers
  readonly records: CallRecords
}
