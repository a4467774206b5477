import { App, Input, Select } from 'antd'
import { useEffect, useRef, useSyncExternalStore } from 'react'
import { useTranslation } from 'react-i18next'
import { serverNow } from '../api/server-clock.ts'
import { currentLanguage, languageTag } from '../text/i18n.ts'
import { word } from '../text/word.ts'
import type { SaveState } from './auto-saver.ts'
import { callbackDays, callbackTimes, hospitalDay } from './callback-times.ts'
import type { Desk } from './desk.ts'
import { type OutcomeDraft, type OutcomeFields, outcomeFault } from './outcome-draft.ts'
import { ResultCorrection } from './result-correction.tsx'
import { SaveMark } from './save-mark.tsx'
import { type DeskRecord, type Outcome, outcomes } from './seat-api.ts'
import { type FinishFault, useMissing } from './use-desk.ts'
import { useDraft } from './use-draft.ts'

interface OutcomePanelProps {
  readonly record: DeskRecord
  readonly desk: Desk
  readonly canWrite: boolean
  /** Why wrap-up could not be finished. */
  readonly fault: FinishFault | null
  /** After the call: of this task the telephone's result may be corrected. */
  readonly correctsTask?: string
}

/** What came of the call: one of the vocabulary's outcomes with its fields, and the note. */
export function OutcomePanel({ record, desk, canWrite, fault, correctsTask }: OutcomePanelProps) {
  const { t } = useTranslation()
  const { outcome: draft } = desk
  const fields = useSyncExternalStore(draft.watch, draft.fields)
  const { saves } = useSyncExternalStore(draft.saver.watch, draft.saver.state)
  const choose = useChoice(draft)
  // Said when it is asked for, and gone when it is put right.
  const missing = outcomeFault(fields)
  const told = fault === 'unsavedAnswers' ? (desk.answers.isDirty ? fault : null) : fault === null ? null : missing
  return (
    <section className="panel desk-panel outcome-panel" aria-labelledby="outcome-title">
      <h2 id="outcome-title">
        {t('seat.outcome.title')}
        <em data-required="true">{t('seat.outcome.required')}</em>
        <span className="fill" />
        {missing === null && <SaveMark save={saves.outcome} onRetry={() => draft.saver.retry('outcome')} />}
      </h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <div className="desk-body" tabIndex={0}>
        {told !== null && (
          <p className="field-fault" role="alert" data-fault={told}>
            {t(`seat.outcome.${told}`)}
          </p>
        )}
        <fieldset disabled={!canWrite}>
          <legend className="sr-only">{t('seat.outcome.title')}</legend>
          <div className="outcomes" role="radiogroup" aria-labelledby="outcome-title" aria-required data-outcomes>
            {outcomes.map((outcome) => (
              <OutcomeChoice
                key={outcome}
                outcome={outcome}
                chosen={fields.outcome === outcome}
                onChoose={() => choose(outcome)}
              />
            ))}
          </div>
          <DoneButMissing record={record} desk={desk} outcome={fields.outcome} />
          {fields.outcome === 'callback' && <CallbackTime record={record} draft={draft} fields={fields} />}
          {fields.outcome === 'other' && <OtherText draft={draft} saved={fields.text} />}
          <Note draft={draft} saved={fields.note} save={saves.note} />
          {correctsTask !== undefined && <ResultCorrection taskId={correctsTask} />}
        </fieldset>
      </div>
    </section>
  )
}

interface OutcomeChoiceProps {
  readonly outcome: Outcome
  readonly chosen: boolean
  readonly onChoose: () => void
}

function OutcomeChoice({ outcome, chosen, onChoose }: OutcomeChoiceProps) {
  const { t } = useTranslation()
  const effect = outcome === 'done' || outcome === 'partial' || outcome === 'other' ? null : outcome
  return (
    <label className="choice" data-outcome={outcome}>
      <input type="radio" name="outcome" value={outcome} checked={chosen} onChange={onChoose} />
      <span>
        {word('outcome', outcome)}
        {effect !== null && <small>{t(`seat.outcome.effect.${effect}`)}</small>}
      </span>
    </label>
  )
}

/** Outcomes that end all of a patient's follow-up are asked about; the question goes away with its call. */
function useChoice(draft: OutcomeDraft): (outcome: Outcome) => void {
  const { t } = useTranslation()
  const { modal } = App.useApp()
  const asking = useRef<{ readonly destroy: () => void } | null>(null)
  useEffect(() => () => asking.current?.destroy(), [])
  return (outcome) => {
    if (outcome !== 'refused' && outcome !== 'deceased') return draft.change({ outcome })
    asking.current?.destroy()
    asking.current = modal.confirm({
      title: t('seat.outcome.confirm', { outcome: word('outcome', outcome) }),
      content: t(outcome === 'refused' ? 'seat.outcome.confirmRefused' : 'seat.outcome.confirmDeceased'),
      okText: t('seat.outcome.confirmOk'),
      okButtonProps: { danger: true },
      cancelText: t('common.cancel'),
      onOk: () => draft.change({ outcome }),
    })
  }
}

function DoneButMissing({
  record,
  desk,
  outcome,
}: Pick<OutcomePanelProps, 'record' | 'desk'> & Pick<OutcomeFields, 'outcome'>) {
  const { t } = useTranslation()
  const count = useMissing(desk, record)
  if (outcome !== 'done' && outcome !== 'proxy') return null
  if (!record.ownComplete && record.questionnaires.some(({ own, inHand }) => inHand && !own)) {
    return (
      <p className="field-warning" role="status" data-own-form>
        {t('seat.outcome.doneOwnForm')}
      </p>
    )
  }
  if (count === 0) return null
  return (
    <p className="field-warning" role="status">
      {t('seat.outcome.doneMissing', { count })}
    </p>
  )
}

interface DraftProps {
  readonly draft: OutcomeDraft
  readonly saved: string
}

function CallbackTime({ record, draft, fields }: { record: DeskRecord; draft: OutcomeDraft; fields: OutcomeFields }) {
  const { t } = useTranslation()
  const now = new Date(serverNow())
  const { callingHours } = record
  const times = fields.day === null ? [] : callbackTimes(fields.day, now, callingHours)
  const periods = callingHours.map(({ opens, closes }) => `${opens}–${closes}`).join(' / ')
  const near = { today: t('seat.outcome.today'), tomorrow: t('seat.outcome.tomorrow') }
  return (
    <div className="callback">
      <Select
        aria-label={t('seat.outcome.callbackDay')}
        placeholder={t('seat.outcome.day')}
        value={fields.day}
        onChange={(day: string) => {
          const keeps = fields.time !== null && callbackTimes(day, now, callingHours).includes(fields.time)
          draft.change({ day, time: keeps ? fields.time : null })
        }}
        options={callbackDays(now).map((day) => ({ value: day, label: dayText(day, now, near) }))}
      />
      <Select
        aria-label={t('seat.outcome.callbackTime')}
        placeholder={t('seat.outcome.time')}
        value={fields.time}
        disabled={fields.day === null}
        notFoundContent={t('seat.outcome.noTimes')}
        onChange={(time: string) => draft.change({ time })}
        options={times.map((time) => ({ value: time, label: time }))}
      />
      <small className="muted">{t('seat.outcome.callbackHours', { periods })}</small>
    </div>
  )
}

function dayText(day: string, now: Date, near: { readonly today: string; readonly tomorrow: string }): string {
  const weekday = new Intl.DateTimeFormat(languageTag(currentLanguage()), { weekday: 'short', timeZone: 'UTC' })
  const text = `${day.slice(5)} ${weekday.format(new Date(`${day}T00:00:00Z`))}`
  if (day === hospitalDay(now)) return `${text} ${near.today}`
  return day === hospitalDay(new Date(now.getTime() + 86_400_000)) ? `${text} ${near.tomorrow}` : text
}

function OtherText({ draft, saved }: DraftProps) {
  const { t } = useTranslation()
  const text = useDraft(saved, (given) => {
    if (given !== saved) draft.change({ text: given })
    return true
  })
  return (
    <Input.TextArea
      aria-label={t('seat.outcome.text')}
      placeholder={t('seat.outcome.textPlease')}
      autoSize={{ minRows: 1, maxRows: 3 }}
      maxLength={200}
      value={text.value}
      onChange={(event) => text.type(event.target.value)}
      onBlur={text.flush}
    />
  )
}

/** Each saving is a version of the note: it waits for a longer pause than an answer. */
const notePauseMs = 4_000

function Note({ draft, saved, save }: DraftProps & { readonly save: SaveState | undefined }) {
  const { t } = useTranslation()
  const given = (text: string) => {
    if (text !== saved) draft.change({ note: text })
    return true
  }
  const note = useDraft(saved, given, { pauseMs: notePauseMs })
  return (
    <div className="note">
      <label htmlFor="outcome-note">{t('seat.outcome.note')}</label>
      <Input.TextArea
        id="outcome-note"
        placeholder={t('seat.outcome.notePlaceholder')}
        autoSize={{ minRows: 3, maxRows: 6 }}
        maxLength={2_000}
        value={note.value}
        onChange={(event) => note.type(event.target.value)}
        onBlur={note.flush}
      />
      <SaveMark save={save} onRetry={() => draft.saver.retry('note')} />
    </div>
  )
}
