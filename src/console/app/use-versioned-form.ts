import { Form, type FormInstance } from 'antd'
import { useEffect, useEffectEvent, useState } from 'react'
import { carriedOver, isSame } from './typed-words.ts'

export interface Versioned<Fields> {
  readonly version: number
  readonly fields: Fields
}

/** What somebody else has made meanwhile of that which is being changed here. */
export interface Newer<Fields> {
  readonly theirs: Fields
  readonly mine: Fields
  /** Theirs, with what was typed in its place. */
  readonly carried: Fields
  /** Goes on from theirs with what was typed. */
  readonly carryOver: () => void
  /** Goes on from theirs alone. */
  readonly startAnew: () => void
}

/**
 * A form on something that has versions. It is sent on the version it was begun on, and what was typed stays when there is
 * a newer one: whoever typed decides what becomes of it. As long as nothing is typed, or the newer version says what is
 * typed or what was sent from here, the form follows by itself.
 */
export function useVersionedForm<Fields extends object>(
  current: Versioned<Fields>,
  {
    form,
    contentOf,
    put,
  }: {
    readonly form: FormInstance<Fields>
    /** What would be sent. */
    readonly contentOf: (fields: Fields) => unknown
    /** Writes them into the form. */
    readonly put: (fields: Fields) => void
  },
) {
  const [basis, setBasis] = useState(current)
  /** What this form has sent and the page has not read back yet: somebody may type on meanwhile. */
  const [sent, setSent] = useState<unknown>(null)
  const typed: Fields = { ...basis.fields, ...Form.useWatch([], { form, preserve: true }) }
  const says = (fields: Fields) => isSame(contentOf(typed), contentOf(fields))
  const isBehind = current.version > basis.version
  const untouched = isBehind && isSame(contentOf(basis.fields), contentOf(current.fields))
  const isOurs = isBehind && sent !== null && isSame(sent, contentOf(current.fields))
  const follows = isBehind && (untouched || isOurs || says(basis.fields) || says(current.fields))
  const carried = isBehind ? carriedOver(basis.fields, current.fields, typed) : typed
  const goOn = (fields: Fields) => {
    put(fields)
    setBasis(current)
    setSent(null)
  }
  const follow = useEffectEvent(() => {
    if (untouched) goOn(typed)
    else goOn(isOurs ? carried : current.fields)
  })
  useEffect(() => {
    if (follows) follow()
  }, [follows])
  const newer: Newer<Fields> | null =
    isBehind && !follows
      ? {
          theirs: current.fields,
          mine: typed,
          carried,
          carryOver: () => goOn(carried),
          startAnew: () => goOn(current.fields),
        }
      : null
  return {
    typed,
    /** What is sent is based on it. */
    version: basis.version,
    initial: basis.fields,
    isTyped: !says(basis.fields),
    newer,
    /** The server has taken it. */
    hasSent: setSent,
  }
}
