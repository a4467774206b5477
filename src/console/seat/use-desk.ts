import { useQuery } from '@tanstack/react-query'
import { useBlocker } from '@tanstack/react-router'
import { useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { useTranslation } from 'react-i18next'
import { useConnectionState } from '../app/connection-state.tsx'
import { type Desk, openDesk } from './desk.ts'
import { missingQuestions } from './form-rules.ts'
import { outcomeFault } from './outcome-draft.ts'
import { type DeskRecord, readRecord } from './seat-api.ts'
import type { SeatCommands } from './use-seat-commands.ts'

export interface DeskOptions {
  readonly taskId: string
  /** False while another window has the seat: what it has written is read when this one has it again. */
  readonly isOurs: boolean
  /** The patient is in the call: a name that was withheld is told now. */
  readonly isAnswered: boolean
  /** The outcome of this call has reached the server. */
  readonly onOutcome: () => void
}

/** The record of the call's task and what the agent writes on it; `desk` is null until the record is there. */
export function useDesk({ taskId, isOurs, isAnswered, onOutcome }: DeskOptions) {
  const [desk, setDesk] = useState<Desk | null>(null)
  const record = useQuery({
    queryKey: ['desk', taskId],
    queryFn: ({ signal }) => readRecord(taskId, signal),
    // Each opening is written down; nothing of a patient stays in the page after the call.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  })
  const { data, refetch } = record
  useEffect(() => {
    if (data === undefined) return
    if (desk === null) setDesk(openDesk(taskId, data))
    else desk.refresh(data)
  }, [data, desk, taskId])
  const isDue = isAnswered && data?.nameWithheld === true
  useEffect(() => {
    if (isDue) void refetch()
  }, [isDue, refetch])
  const wasOurs = useRef(isOurs)
  useEffect(() => {
    if (isOurs && !wasOurs.current) void refetch()
    wasOurs.current = isOurs
  }, [isOurs, refetch])
  const connected = useConnectionState() === 'connected'
  const readForm = async () => {
    const now = await refetch()
    if (now.data !== undefined) desk?.replaceForm(now.data)
  }
  useEffect(() => {
    if (!connected) return
    desk?.answers.retry()
    desk?.outcome.saver.retry()
    desk?.respondent.retry()
  }, [connected, desk])
  useKept(desk)
  const hasOutcome = useHasOutcome(desk, data)
  const told = useRef(onOutcome)
  useEffect(() => {
    told.current = onOutcome
  })
  useEffect(() => {
    if (hasOutcome) told.current()
  }, [hasOutcome])
  return { record, desk, readForm }
}

/** Closing the window with something on its way is asked about, and so is another page where it would be given up. */
function useKept(desk: Desk | null): void {
  const { t } = useTranslation()
  const savers = () => (desk === null ? [] : [desk.answers, desk.outcome.saver, desk.respondent])
  useBlocker({
    shouldBlockFn: () => savers().some((saver) => saver.isStuck) && !window.confirm(t('seat.save.leave')),
    enableBeforeUnload: () => savers().some((saver) => saver.isDirty),
  })
  useEffect(() => {
    if (desk === null) return
    desk.answers.open()
    desk.outcome.saver.open()
    desk.respondent.open()
    return () => {
      desk.answers.close()
      desk.outcome.saver.close()
      desk.respondent.close()
    }
  }, [desk])
}

function useHasOutcome(desk: Desk | null, record: DeskRecord | undefined): boolean {
  const { saves } = useSyncExternalStore(desk?.outcome.saver.watch ?? never, desk?.outcome.saver.state ?? nothing)
  const save = saves.outcome
  return save === undefined ? (record?.outcome ?? null) !== null : save.type === 'saved'
}

const never = () => () => {}
const none = { values: {}, saves: {} } as const
const nothing = (): { readonly saves: Readonly<Record<string, { readonly type: string }>> } => none

export type FinishFault = 'choose' | 'textPlease' | 'callbackPlease' | 'unsavedAnswers'

/** Wrap-up is finished when everything has arrived and the outcome is there; else it is said what is missing. */
export function useFinish(
  desk: Desk | null,
  record: DeskRecord | undefined,
  { run }: SeatCommands,
  onFault: (fault: FinishFault | null) => void,
): () => void {
  const finish = async () => {
    if (desk === null || record === undefined) return
    // What is being typed counts as given.
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur()
    const missing = outcomeFault(desk.outcome.fields())
    const saved = (await Promise.all([desk.answers.settled(), desk.outcome.saver.settled()])).every((all) => all)
    const fault = missing ?? (saved ? null : 'unsavedAnswers')
    onFault(fault)
    if (fault === null) run({ type: 'wrap-up/finish' })
    else document.querySelector<HTMLElement>('[data-outcomes] input:checked, [data-outcomes] input')?.focus()
  }
  return () => void finish()
}

/** Required questions without an answer, as the page has them now. */
export function useMissing(desk: Desk | null, record: DeskRecord | null): number {
  const { values } = useSyncExternalStore(desk?.answers.watch ?? never, desk?.answers.state ?? (() => none))
  return missingQuestions(record?.questionnaire?.questions ?? [], values).length
}
