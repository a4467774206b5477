/**
 * The Q.850 cause in a Reason header, whichever of its values carries it.
 * @param reason header text, such as `SIP;cause=480, Q.850;cause=18;text="no user responding"`
 * @returns 0–127, or null when there is none
 * Source: RFC 3326 §2.
 */
export function readQ850(reason: string | undefined): number | null {
  const cause = /(?:^|,)\s*Q\.850\s*(?:;[^;,"]*(?:"[^"]*")?)*?;\s*cause\s*=\s*(\d{1,3})(?![\d])/i.exec(
    reason ?? '',
  )?.[1]
  if (cause === undefined) return null
  const value = Number(cause)
  return value <= 127 ? value : null
}
