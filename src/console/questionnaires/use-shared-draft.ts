import { useEffect, useEffectEvent, useRef, useState } from 'react'
import type { Draft } from '#follow-up/questionnaire/questionnaire-draft.ts'
import type { DraftFinding, SavedDraft, SharedDraft } from '#follow-up/questionnaire/questionnaire-schema.ts'
import { RefusedError, request } from '../api/request.ts'
import { carriedOver } from '../app/typed-words.ts'
import type { Newer } from '../app/use-versioned-form.ts'

/** After the last key: an author who goes on typing sends nothing yet. */
const restMs = 700

export interface DraftContent {
  readonly document: Draft
  readonly byKeys: boolean
}

export interface DraftHandle extends DraftContent {
  readonly revision: number
  readonly findings: readonly DraftFinding[]
  readonly state: 'saved' | 'saving' | 'unsaved'
  /** Why it could not be saved. */
  readonly error: unknown
  /** A colleague was first, and something here is not saved: nothing is sent until the author has decided. */
  readonly newer: Newer<DraftContent> | null
  readonly change: (step: (draft: Draft) => Draft) => void
  readonly setByKeys: (byKeys: boolean) => void
  /** Sends what is typed now. @returns the revision, or null where it could not be saved */
  readonly settle: () => Promise<number | null>
}

/**
 * A draft that is saved by itself while it is written; one save at a time, the last words last.
 * @param begun what the author began with
 * @param shared the draft as it is now, as far as this page has asked; null: there is none any more
 * @param onRefused a colleague was first: ask for the draft as it is now
 */
export function useSharedDraft(
  questionnaireId: string,
  {
    begun,
    shared,
    onRefused,
  }: { readonly begun: SharedDraft; readonly shared: SharedDraft | null; readonly onRefused: () => void },
): DraftHandle {
  const [content, setContent] = useState<DraftContent>({ document: begun.document, byKeys: begun.byKeys })
  const [known, setKnown] = useState({ revision: begun.revision, findings: begun.findings })
  const [state, setState] = useState<DraftHandle['state']>('saved')
  const [error, setError] = useState<unknown>(null)
  const latest = useRef({ content, revision: begun.revision, saved: content })
  const sending = useRef<Promise<number | null> | null>(null)

  const save = async (): Promise<number | null> => {
    const { content: now, revision, saved } = latest.current
    if (now === saved) return revision
    setState('saving')
    try {
      const path = `/api/questionnaires/${questionnaireId}/draft`
      const answer = await request<SavedDraft>(path, { method: 'PUT', body: { revision, ...now } })
      latest.current = { ...latest.current, revision: answer.revision, saved: now }
      setKnown(answer)
      setError(null)
      setState(latest.current.content === now ? 'saved' : 'unsaved')
      return answer.revision
    } catch (thrown) {
      setError(thrown)
      setState('unsaved')
      if (isLate(thrown)) onRefused()
      return null
    }
  }
  const settle = async (): Promise<number | null> => {
    await sending.current
    sending.current = save().finally(() => {
      sending.current = null
    })
    return sending.current
  }
  const rested = useEffectEvent(() => {
    // Until the author has decided it would only be refused again.
    if (!isLate(error)) void settle()
  })
  useEffect(() => {
    if (content === latest.current.saved) return
    const timer = setTimeout(() => rested(), restMs)
    return () => clearTimeout(timer)
  }, [content])

  // Who goes to another page takes no words along.
  useEffect(() => () => rested(), [])

  const put = (next: DraftContent) => {
    latest.current = { ...latest.current, content: next }
    setContent(next)
    setState('unsaved')
  }
  const goOn = ({ revision, findings }: SharedDraft, theirs: DraftContent, next: DraftContent) => {
    latest.current = { content: next, revision, saved: theirs }
    setKnown({ revision, findings })
    setError(null)
    setContent(next)
    setState(next === theirs ? 'saved' : 'unsaved')
  }
  return {
    ...content,
    ...known,
    state,
    error,
    newer: state === 'unsaved' && shared !== null && shared.revision > known.revision ? newerThan(shared) : null,
    change: (step) => put({ ...latest.current.content, document: step(latest.current.content.document) }),
    setByKeys: (byKeys) => put({ ...latest.current.content, byKeys }),
    settle,
  }

  function newerThan(now: SharedDraft): Newer<DraftContent> {
    const theirs = { document: now.document, byKeys: now.byKeys }
    const carried = carriedOver(latest.current.saved, theirs, content)
    return {
      theirs,
      mine: content,
      carried,
      carryOver: () => goOn(now, theirs, carried),
      startAnew: () => goOn(now, theirs, theirs),
    }
  }
}

/** A colleague has saved, published or discarded it. */
export function isLate(error: unknown): boolean {
  return (
    error instanceof RefusedError &&
    (error.code === 'QUESTIONNAIRE_DRAFT_CHANGED' || error.code === 'QUESTIONNAIRE_NO_DRAFT')
  )
}
