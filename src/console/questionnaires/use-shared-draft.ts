import { useEffect, useEffectEvent, useRef, useState } from 'react'
import type { Draft } from '#follow-up/questionnaire/questionnaire-draft.ts'
import type { DraftFinding, SavedDraft, SharedDraft } from '#follow-up/questionnaire/questionnaire-schema.ts'
import { request } from '../api/request.ts'

/** After the last key: an author who goes on typing sends nothing yet. */
const restMs = 700

export interface DraftHandle {
  readonly document: Draft
  readonly byKeys: boolean
  readonly revision: number
  readonly findings: readonly DraftFinding[]
  readonly state: 'saved' | 'saving' | 'unsaved'
  /** Why it could not be saved. */
  readonly error: unknown
  readonly change: (step: (draft: Draft) => Draft) => void
  readonly setByKeys: (byKeys: boolean) => void
  /** Sends what is typed now. @returns the revision, or null where it could not be saved */
  readonly settle: () => Promise<number | null>
}

interface Content {
  readonly document: Draft
  readonly byKeys: boolean
}

/** A draft that is saved by itself while it is written; one save at a time, the last words last. */
export function useSharedDraft(questionnaireId: string, shared: SharedDraft): DraftHandle {
  const [content, setContent] = useState<Content>({ document: shared.document, byKeys: shared.byKeys })
  const [known, setKnown] = useState({ revision: shared.revision, findings: shared.findings })
  const [state, setState] = useState<DraftHandle['state']>('saved')
  const [error, setError] = useState<unknown>(null)
  const latest = useRef({ content, revision: shared.revision, saved: content })
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
  const rested = useEffectEvent(() => void settle())
  useEffect(() => {
    if (content === latest.current.saved) return
    const timer = setTimeout(() => rested(), restMs)
    return () => clearTimeout(timer)
  }, [content])

  // Who goes to another page takes no words along.
  useEffect(() => () => rested(), [])

  const put = (next: Content) => {
    latest.current = { ...latest.current, content: next }
    setContent(next)
    setState('unsaved')
  }
  return {
    ...content,
    ...known,
    state,
    error,
    change: (step) => put({ ...latest.current.content, document: step(latest.current.content.document) }),
    setByKeys: (byKeys) => put({ ...latest.current.content, byKeys }),
    settle,
  }
}
