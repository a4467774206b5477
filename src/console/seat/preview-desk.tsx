import { EyeOutlined, PhoneOutlined, StepForwardOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Button, Dropdown, Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Waiting } from '../app/page-states.tsx'
import { Trouble } from '../app/trouble.tsx'
import { currentLanguage } from '../text/i18n.ts'
import { dateTime } from '../text/time.ts'
import { word } from '../text/word.ts'
import { RecordPanel } from './record-panel.tsx'
import { relationText } from './record-parts.tsx'
import { type DeskRecord, readRecord, skipReasons } from './seat-api.ts'
import type { CallLater } from './shared-number.tsx'
import { shortcutKeys, useShortcuts } from './shortcuts.ts'
import { Ticking } from './ticking.tsx'
import type { SeatCommands } from './use-seat-commands.ts'

interface PreviewDeskProps {
  readonly taskId: string
  /** Since when the record has been shown. */
  readonly since: string
  readonly commands: SeatCommands
  readonly later: CallLater | null
  readonly onLater: (later: CallLater | null) => void
}

/** The record before the call: the agent reads, then dials, or says why not. */
export function PreviewDesk({ taskId, since, commands, later, onLater }: PreviewDeskProps) {
  const { t } = useTranslation()
  const { data, isPending, error, refetch } = useQuery({
    queryKey: ['desk', taskId],
    queryFn: ({ signal }) => readRecord(taskId, signal),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  })
  return (
    <>
      <section className="strip" data-phase="previewing" aria-label={t('seat.strip.previewing')}>
        <EyeOutlined aria-hidden className="strip-icon" />
        <div className="strip-words">
          <strong>{t('seat.strip.previewing')}</strong>
          <span>{t('seat.strip.previewingNext')}</span>
        </div>
        {data !== undefined && <span className="strip-who">{data.patient.name}</span>}
        <span className="strip-time">
          <Ticking since={since} />
        </span>
        <PreviewButtons commands={commands} phones={data?.patient.phones ?? []} />
      </section>
      {isPending && <Waiting />}
      {error !== null && <Trouble error={error} onRetry={() => void refetch()} />}
      {data !== undefined && (
        <div className="desk preview" data-task={taskId}>
          <RecordPanel record={data} later={later} onLater={onLater} />
          <Script record={data} />
        </div>
      )}
    </>
  )
}

interface PreviewButtonsProps {
  readonly commands: SeatCommands
  readonly phones: DeskRecord['patient']['phones']
}

function PreviewButtons({ commands: { run, pending }, phones }: PreviewButtonsProps) {
  const { t } = useTranslation()
  const [choosing, setChoosing] = useState(false)
  const [chosen, setChosen] = useState<string | null>(null)
  const dialable = phones.filter(({ unusable }) => unusable === null)
  const planned = dialable.find(({ current }) => current)?.id
  const phoneId = chosen ?? planned
  // What the plan would dial anyway is left to the plan.
  const dial = () =>
    run({ type: 'preview/dial', ...(chosen === null || chosen === planned ? {} : { phoneId: chosen }) })
  useShortcuts({ dial, skip: () => setChoosing(true) })
  return (
    <div className="strip-buttons">
      {dialable.length > 1 && (
        <Select
          aria-label={t('seat.previewPhone')}
          className="preview-phone"
          popupMatchSelectWidth={false}
          {...(phoneId === undefined ? { placeholder: t('seat.previewPhone') } : { value: phoneId })}
          options={dialable.map(({ id, number, relation, relationWord }) => ({
            value: id,
            label: [number, relationText(relation, relationWord)].filter((part) => part !== null).join(' '),
          }))}
          onChange={(id: string) => setChosen(id)}
        />
      )}
      <Dropdown
        trigger={['click']}
        open={choosing}
        onOpenChange={setChoosing}
        autoFocus
        menu={{
          items: skipReasons.map((reason) => ({ key: reason, label: word('skipReason', reason) })),
          onClick: ({ key }) => {
            setChoosing(false)
            run({ type: 'preview/skip', reason: key })
          },
        }}
      >
        <Button
          icon={<StepForwardOutlined aria-hidden />}
          aria-haspopup="menu"
          aria-keyshortcuts={shortcutKeys.skip}
          loading={pending === 'preview/skip'}
        >
          {t('seat.skip')} <kbd>{shortcutKeys.skip}</kbd>
        </Button>
      </Dropdown>
      <Button
        type="primary"
        icon={<PhoneOutlined aria-hidden />}
        aria-keyshortcuts={shortcutKeys.dial}
        loading={pending === 'preview/dial'}
        onClick={dial}
      >
        {t('seat.dial')} <kbd>{shortcutKeys.dial}</kbd>
      </Button>
    </div>
  )
}

/** How often the record was put back before, and why. */
function Skips({ skips }: Pick<DeskRecord, 'skips'>) {
  const { t } = useTranslation()
  if (skips.length === 0) return null
  return (
    <div className="shared-number" role="note" data-skips={skips.length}>
      <b>{t('seat.skipped', { count: skips.length })}</b>
      <ul>
        {skips.map(({ at, reason, agentNo }) => (
          <li key={at}>
            <span className="number">{dateTime(at)}</span> {word('skipReason', reason)}
            {agentNo !== null && <span className="muted"> {t('seat.record.byAgent', { agentNo })}</span>}
          </li>
        ))}
      </ul>
    </div>
  )
}

function Script({ record: { script, questionnaire, skips } }: { readonly record: DeskRecord }) {
  const { t } = useTranslation()
  const language = currentLanguage()
  return (
    <section className="panel desk-panel" aria-labelledby="preview-script">
      <h2 id="preview-script">{questionnaire?.title[language] ?? t('seat.form.script')}</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <div className="desk-body" tabIndex={0}>
        <Skips skips={skips} />
        <div className="script">
          {script[language].split('\n').map((line) => (
            <p key={line}>{line}</p>
          ))}
        </div>
        <ol className="preview-questions">
          {(questionnaire?.questions ?? []).map(({ id, text }) => (
            <li key={id}>{text[language]}</li>
          ))}
        </ol>
      </div>
    </section>
  )
}
