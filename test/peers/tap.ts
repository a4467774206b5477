/** Reads what tape and mocha's `tap` reporter say: TAP, one line an assertion, YAML or text below one that failed. */

export interface TapAssertion {
  readonly ok: boolean
  readonly name: string
  /** The test it was made in (tape); '' for mocha, whose names say it all. */
  readonly test: string
  /** What stands below a failed one. */
  readonly detail: string
}

export interface TapRun {
  readonly assertions: readonly TapAssertion[]
  /** The last line of a whole run is here: how many passed or failed. */
  readonly whole: boolean
}

/** Neither program says more after this line. */
export const tapEnd = /^# (?:ok|fail +\d+)\s*$/

export function readTap(lines: readonly string[]): TapRun {
  const assertions: { ok: boolean; name: string; test: string; detail: string }[] = []
  let test = ''
  for (const line of lines) {
    const made = /^(not )?ok \d+ ?(?:- )?(.*)$/.exec(line)
    const title = /^# (?!(?:tests|pass|fail|ok)\b)(.*)$/.exec(line)
    if (made !== null) assertions.push({ ok: made[1] === undefined, name: made[2] ?? '', test, detail: '' })
    else if (title !== null) test = title[1] ?? ''
    else {
      const last = assertions.at(-1)
      if (last !== undefined && !last.ok && /^\s/.test(line)) last.detail += `\n${line}`
    }
  }
  return { assertions, whole: lines.some((line) => tapEnd.test(line)) }
}
