import { type ErrorParams, UserError } from '#platform/errors/errors.ts'
import './flow-errors.ts'

/**
 * One thing the validator has to say about a document. What it means and what to do about it stands with its code
 * (`flow-errors.ts`, or the table of whoever registered the node kind).
 */
export interface Finding {
  readonly code: string
  /** A flow with an error does not run; a warning is for its author. */
  readonly severity: 'error' | 'warning'
  /** JSON pointer (RFC 6901) into the document. */
  readonly path: string
  readonly params: ErrorParams
}

export function fault(code: string, path: string, params: ErrorParams = {}): Finding {
  return { code, severity: 'error', path, params }
}

export function warning(code: string, path: string, params: ErrorParams = {}): Finding {
  return { code, severity: 'warning', path, params }
}

/** The same finding, told from further up in the document. */
export function under(path: string, finding: Finding): Finding {
  return { ...finding, path: path + finding.path }
}

export function hasFaults(findings: readonly Finding[]): boolean {
  return findings.some((finding) => finding.severity === 'error')
}

/** One line for a terminal: `error FLOW_NODE_UNKNOWN at /nodes/a/next: …`. */
export function findingLine(finding: Finding, language: 'zh' | 'en'): string {
  const message = new UserError(finding.code, finding.params).messageIn(language)
  return `${finding.severity} ${finding.code} at ${finding.path === '' ? '/' : finding.path}: ${message}`
}

/** A name as a step of a JSON pointer. */
export function pointer(...steps: readonly (string | number)[]): string {
  return steps.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}
