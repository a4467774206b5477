import { UserError } from '#platform/errors/errors.ts'
import './trunk-errors.ts'
import { type HostFault, type HousePlace, hostFault } from './trunk-host.ts'

/** What anybody who may see trunks sees of one. */
export interface TrunkFields {
  readonly name: string
  readonly host: string
  readonly port: number
  /** Calls at once. */
  readonly lines: number
  readonly callsPerSecond: number
  /** Shown to the patient; a number that the hospital owns (requirements A17). */
  readonly callerNumber: string
  /** Asked by OPTIONS whether it is there; not where the carrier answers none. */
  readonly watched: boolean
}

/** A way to the telephone network, as an administrator states it. */
export interface TrunkDraft extends TrunkFields {
  readonly username: string | null
  readonly password: string | null
}

/** @throws UserError TRUNK_INVALID naming the field */
export function checkTrunk<Draft extends TrunkDraft>(draft: Draft): Draft {
  const refuse = (field: string, wanted: string) => new UserError('TRUNK_INVALID', { field, wanted })
  if (draft.name.trim() === '') throw refuse('name', 'a name')
  if (!Number.isInteger(draft.port) || draft.port < 1 || draft.port > 65_535) throw refuse('port', '1 to 65535')
  if (!Number.isInteger(draft.lines) || draft.lines < 1 || draft.lines > 10_000) throw refuse('lines', '1 to 10000')
  if (!(draft.callsPerSecond > 0 && draft.callsPerSecond <= 1_000)) throw refuse('cps', 'more than 0, at most 1000')
  if (!/^\+?\d{3,20}$/.test(draft.callerNumber)) throw refuse('caller', '3 to 20 digits, with an optional +')
  if ((draft.username === null) !== (draft.password === null))
    throw refuse('password', 'both user and password, or neither')
  return { ...draft, name: draft.name.trim() }
}

/** @throws UserError TRUNK_HOST_UNUSABLE, which says why */
export function checkTrunkHost(trunk: Pick<TrunkFields, 'host' | 'port'>, house: HousePlace): void {
  const fault = hostFault(trunk, house)
  if (fault !== null) throw new UserError('TRUNK_HOST_UNUSABLE', { host: trunk.host, fault, ...inWords[fault] })
}

const inWords: Readonly<Record<HostFault, { readonly zh: string; readonly en: string }>> = {
  not_a_host: {
    zh: '应为 IP 地址或主机名，不含 sip: 和端口',
    en: 'it must be an IP address or a host name, without sip: and without port',
  },
  nowhere: { zh: '这是未指定、组播或广播地址', en: 'it is the unspecified address, a multicast or a broadcast one' },
  loopback: {
    zh: '这是本机地址，仅在系统自身也只监听本机时可用',
    en: 'it is this machine itself, which only a house that is bound to loopback may call',
  },
  ourselves: { zh: '这是本系统自己的 SIP 地址', en: 'it is the house’s own SIP address' },
}
