/** Where a channel can be sent: the dialplans `inline` and `XML`, the latter with the one extension that calls come to. */
import type { Step } from './channel-route.ts'

/** What runs when a call has come, as production's dialplan has it. */
export const CALL_EXTENSION: readonly Step[] = [
  ['answer', ''],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: FreeSWITCH's own way to name a variable
  ['socket', '${sip_h_X-esl-outbound} async full'],
]

/** The context of sip-config/freeswitch/dialplan, whose extension takes every number. */
const CONTEXT = 'drachtio_mrf'

/** @returns null when nothing is there */
export function stepsTo(
  target: string,
  {
    dialplan = 'XML',
    context = CONTEXT,
  }: { readonly dialplan?: string | undefined; readonly context?: string | undefined },
): readonly Step[] | null {
  if (dialplan.toLowerCase() === 'inline') return inlineSteps(target)
  return dialplan.toLowerCase() === 'xml' && context === CONTEXT ? CALL_EXTENSION : null
}

/** `application:argument,…`; `m:<character>:` before it names another delimiter (mod_dptools, inline_dialplan_hunt). */
function inlineSteps(text: string): Step[] {
  const [, delimiter = ',', rest = text] = /^m:(.):(.*)$/s.exec(text) ?? []
  return rest.split(delimiter).map((step) => {
    const at = step.indexOf(':')
    return at < 0 ? [step.trimStart(), ''] : [step.slice(0, at).trimStart(), step.slice(at + 1)]
  })
}
