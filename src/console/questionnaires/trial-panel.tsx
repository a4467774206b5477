import { useMutation } from '@tanstack/react-query'
import { Button, Drawer, Tag } from 'antd'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Trial, TrialLine, TrialPress } from '#follow-up/questionnaire/questionnaire-schema.ts'
import { request } from '../api/request.ts'
import { Trouble } from '../app/trouble.tsx'
import { PlayButton } from '../prompts/prompt-state.tsx'
import { currentLanguage } from '../text/i18n.ts'
import { word } from '../text/word.ts'
import { soundOf } from './questionnaire-api.ts'

const keys = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'] as const

/** The whole call without a telephone: the server plays it from its beginning after every key, and keeps nothing. */
export function TrialPanel({
  questionnaireId,
  version,
  before,
}: {
  readonly questionnaireId: string
  /** Null: the draft. */
  readonly version: number | null
  /** What must be saved first; false where it could not be. */
  readonly before: () => Promise<boolean>
}) {
  const { t } = useTranslation()
  const [open, setOpen] = useState(false)
  const [presses, setPresses] = useState<readonly TrialPress[]>([])
  // Stands until the next answer comes.
  const [trial, setTrial] = useState<Trial>()
  const end = useRef<HTMLDivElement>(null)
  const latest = useRef(presses)
  const trying = useMutation({
    mutationFn: (made: readonly TrialPress[]) =>
      request<Trial>(`/api/questionnaires/${questionnaireId}/try`, {
        method: 'POST',
        body: { version, presses: made },
      }),
    onSuccess: (answer, made) => {
      if (made === latest.current) setTrial(answer)
    },
  })
  const run = (made: readonly TrialPress[]) => {
    latest.current = made
    setPresses(made)
    trying.mutate(made)
  }
  const begin = async () => {
    if (!(await before())) return
    setTrial(undefined)
    setOpen(true)
    run([])
  }
  useEffect(() => {
    if (trial !== undefined) end.current?.scrollIntoView({ block: 'nearest' })
  }, [trial])
  const press = (key: TrialPress) => {
    // Before the last answer came too: the latest row of keys is the one that is shown.
    if (trial?.over !== true) run([...presses, key])
  }
  return (
    <>
      <Button onClick={() => void begin()}>{t('questionnaires.try')}</Button>
      <Drawer
        open={open}
        size={520}
        title={t('questionnaires.tryTitle')}
        onClose={() => setOpen(false)}
        extra={<Button onClick={() => run([])}>{t('questionnaires.tryAgain')}</Button>}
        footer={
          // biome-ignore lint/a11y/noStaticElementInteractions: digits typed while any key of the pad has the focus
          <div
            className="trial-keys"
            onKeyDown={({ key }) => {
              const typed = keys.find((one) => one === key)
              if (typed !== undefined) press(typed)
            }}
          >
            {keys.map((key) => (
              <Button key={key} disabled={trial?.over === true} onClick={() => press(key)}>
                {key}
              </Button>
            ))}
            <Button disabled={trial?.over === true} onClick={() => press('silence')}>
              {t('questionnaires.silence')}
            </Button>
            <Button danger disabled={trial?.over === true} onClick={() => press('hang_up')}>
              {t('questionnaires.hangUp')}
            </Button>
          </div>
        }
      >
        <p className="muted">{t('questionnaires.tryHint')}</p>
        {trying.isError && <Trouble error={trying.error} />}
        <ol className="trial" aria-live="polite">
          {trial?.lines.map((line, index) => (
            // Lines only ever come at the end.
            // biome-ignore lint/suspicious/noArrayIndexKey: see above
            <li key={index} data-line={line.type}>
              <Line line={line} />
            </li>
          ))}
        </ol>
        {trial !== undefined && trial.score !== null && (
          <p>
            {t('questionnaires.score')} <b className="number">{trial.score}</b> {trial.grade?.[currentLanguage()]}
          </p>
        )}
        <div ref={end} />
      </Drawer>
    </>
  )
}

function Line({ line }: { readonly line: TrialLine }) {
  const { t } = useTranslation()
  const language = currentLanguage()
  switch (line.type) {
    case 'said':
      return (
        <>
          <PlayButton path={soundOf(line.prompt)} disabled={line.prompt.startsWith('unspoken-')} /> {line.text}
        </>
      )
    case 'key':
      return (
        <>
          {t('questionnaires.pressed')} <kbd>{line.key}</kbd>
          {!line.taken && <span className="muted"> {t('questionnaires.notTaken')}</span>}
        </>
      )
    case 'stored':
      return (
        <>
          <Tag color={line.skipped ? 'default' : 'green'}>{t('questionnaires.stored')}</Tag>
          <code>{line.question}</code> = {line.answer[language]}
        </>
      )
    case 'outcome':
      return <Tag color="blue">{word('outcome', line.outcome)}</Tag>
    default:
      return <span className="muted">{t(`questionnaires.aside.${line.type}`)}</span>
  }
}
