import { createContext, useContext } from 'react'
import type { DraftFinding } from '#follow-up/questionnaire/questionnaire-schema.ts'

/** What the server last said of the draft, for whichever field shows it. */
export const FindingsContext = createContext<readonly DraftFinding[]>([])

export function isUnder(path: string, part: string): boolean {
  return path === part || path.startsWith(`${part}/`)
}

/** What is to be said of one part of the draft, and of what lies in it; `but` lies in it and says its own. */
export function FieldFindings({ path, but = [] }: { readonly path: string; readonly but?: readonly string[] }) {
  const findings = useContext(FindingsContext).filter(
    (finding) => isUnder(finding.path, path) && !but.some((part) => isUnder(finding.path, part)),
  )
  return findings.map(({ path: at, code, severity, message }) => (
    <p key={`${at}${code}`} className="draft-finding" data-severity={severity} data-code={code}>
      {message}
    </p>
  ))
}
