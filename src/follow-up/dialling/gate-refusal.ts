/** What the gate's triggers refused (SQLSTATE SF002); the detail is `<task> <reason>`, joined by commas. */
export interface GateRefusal {
  readonly taskIds: readonly string[]
  /** Of the first. */
  readonly reason: string
}

/** Null for any other error. */
export function gateRefusal(error: unknown): GateRefusal | null {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'SF002') return null
  if (!('detail' in error) || typeof error.detail !== 'string') return null
  const refused = error.detail.split(', ').map((one) => one.split(' '))
  return { taskIds: refused.map(([taskId = '']) => taskId), reason: refused[0]?.[1] ?? 'refused' }
}
