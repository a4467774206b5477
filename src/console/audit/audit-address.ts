/** What the address of the audit page holds. Days are the hospital's, both included. */
export interface AuditAddress {
  readonly from?: string
  readonly to?: string
  readonly actor?: string
  readonly action?: string
  readonly outcome?: 'ok' | 'denied' | 'failed'
  readonly objectId?: string
}

/** Takes from an address what is well formed; the rest is as if it were not there. */
export function parseAuditAddress(search: Record<string, unknown>): AuditAddress {
  const text = (key: string, shape: RegExp) => {
    const value = search[key]
    return typeof value === 'string' && shape.test(value) ? { [key]: value } : {}
  }
  return {
    ...text('from', /^\d{4}-\d{2}-\d{2}$/),
    ...text('to', /^\d{4}-\d{2}-\d{2}$/),
    ...text('actor', /^.{1,100}$/),
    ...text('action', /^[a-z_]+\.?[a-z_]*$/),
    ...text('outcome', /^(ok|denied|failed)$/),
    ...text('objectId', /^.{1,100}$/),
  }
}

/** The hospital's clock is eight hours ahead, all year. */
const zone = '+08:00'

/** What the server is asked: instants instead of days, the last of them not included. */
export function auditSearchOf({ from, to, ...rest }: AuditAddress) {
  const dayMs = 86_400_000
  return {
    ...rest,
    ...(from === undefined ? {} : { from: new Date(`${from}T00:00:00${zone}`).toISOString() }),
    ...(to === undefined ? {} : { to: new Date(Date.parse(`${to}T00:00:00${zone}`) + dayMs).toISOString() }),
    limit: 100,
  }
}
