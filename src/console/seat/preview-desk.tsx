import { EyeOutlined, PhoneOutlined, StepForwardOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Button, Dropdown } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Waiting } from '../app/page-states.tsx'
import { Trouble } from '../app/trouble.tsx'
import { currentLanguage } from '../text/i18n.ts'
import { word } from '../text/word.ts'
import { RecordPanel } from './record-panel.tsx'
import { type DeskRecord, readRecord, skipReasons } from './seat-api.ts'
import { shortcutKeys, useShortcuts } from './shortcuts.ts'
import { Ticking } from './ticking.tsx'
import type { SeatCommands } from './use-seat-commands.ts'

interface PreviewDeskProps {
  readonly taskId: string
  /** Since when the record has been shown. */
  readonly since: string
  readonly commands: SeatCommands
}

/** The record before the call: the agent reads, then dials, or says why not. */
export function PreviewDesk({ taskId, since, commands }: PreviewDeskProps) {
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
        <PreviewButtons commands={commands} />
      </section>
      {isPending && <Waiting />}
      {error !== null && <Trouble error={error} onRetry={() => void refetch()} />}
      {data !== undefined && (
        <div className="desk preview" data-task={taskId}>
          <RecordPanel record={data} />
          <Script record={data} />
        </div>
      )}
    </>
  )
}

function PreviewButtons({ commands: { run, pending } }: { readonly commands: SeatCommands }) {
  const { t } = useTranslation()
  const [choosing, setChoosing] = useState(false)
  const dial = () => run({ type: 'preview/dial' })
  useShortcuts({ dial, skip: () => setChoosing(true) })
  return (
    <div className="strip-buttons">
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

function Script({ record: { script, questionnaire } }: { readonly record: DeskRecord }) {
  const { t } = useTranslation()
  const language = currentLanguage()
  return (
    <section className="panel desk-panel" aria-labelledby="preview-script">
      <h2 id="preview-script">{questionnaire?.title[language] ?? t('seat.form.script')}</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <div className="desk-body" tabIndex={0}>
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
