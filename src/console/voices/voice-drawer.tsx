import { App, Button, Drawer, Input, Tag } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { PromptFacts } from '#contact-center/prompts/own-prompt-schema.ts'
import type { VoiceItem, VoiceSound } from '#contact-center/voices/voice-schema.ts'
import { useChange } from '../accounts/account-api.ts'
import { request } from '../api/request.ts'
import { useRight } from '../api/session.ts'
import { Trouble } from '../app/trouble.tsx'
import { ReasonedChange } from '../calling/reasoned-change.tsx'
import { MakeButtons, usePromptMaking } from '../prompts/make-prompt.tsx'
import { PlayButton, PromptState } from '../prompts/prompt-state.tsx'
import { dateTime } from '../text/time.ts'
import { promptDoor, soundPath } from './voice-api.ts'

/** Asked for, and waiting for its reason. */
interface Wished {
  /** Null: the shipped one. */
  readonly own: string | null
  readonly isNew: boolean
  /** The version that was looked at then: a colleague's later one is not replaced unseen. */
  readonly seen: number
}

/** One prompt: what is played now, another voice for it, and every voice that it had. */
export function VoiceDrawer({
  voice,
  speech,
  onClose,
}: {
  readonly voice: VoiceItem
  readonly speech: boolean
  readonly onClose: () => void
}) {
  const { t } = useTranslation()
  const mayManage = useRight('voice.manage')
  const [wished, setWished] = useState<Wished | null>(null)
  /** Typed when it was asked why and not sent. */
  const [reason, setReason] = useState('')
  /** How many were taken here: each time the words begin anew. */
  const [taken, setTaken] = useState(0)
  const { message } = App.useApp()
  const taking = useChange(
    (body: { readonly own: string | null; readonly seen: number; readonly reason: string }) =>
      request(`/api/voices/${voice.prompt}`, { method: 'PUT', body }),
    ['voices'],
    {
      onSuccess: () => {
        setWished(null)
        setReason('')
        setTaken((before) => before + 1)
        void message.success(t('voices.taken'))
      },
    },
  )
  const wish = (own: string | null, isNew: boolean) => setWished({ own, isNew, seen: voice.versions[0]?.version ?? 0 })
  return (
    <Drawer open size={600} title={<code>{voice.prompt}</code>} onClose={onClose} className="voice">
      <section aria-labelledby="voice-now">
        <h3 id="voice-now">{t('voices.inForce')}</h3>
        {voice.asked && voice.fault !== null ? (
          <p className="muted">{t('voices.silent')}</p>
        ) : (
          <Sentence prompt={voice.prompt} sound={voice.inForce} />
        )}
      </section>
      {mayManage && (!voice.asked || voice.fault !== null) && (
        <Maker
          key={taken}
          prompt={voice.prompt}
          wordsStay={voice.asked}
          text={voice.inForce.text ?? ''}
          speech={speech}
          onTake={(own) => wish(own, true)}
        />
      )}
      <History voice={voice} {...(mayManage ? { onBack: (own) => wish(own, false) } : {})} />
      {wished !== null && (
        <ReasonedChange
          title={t(wished.isNew ? 'voices.takeTitle' : 'voices.backTitle')}
          okText={t(wished.isNew ? 'voices.takeOk' : 'voices.backOk')}
          hint={t('voices.takeHint')}
          sending={taking}
          reason={reason}
          onReason={(typed) => taking.mutate({ own: wished.own, seen: wished.seen, reason: typed })}
          onClose={(typed) => {
            setReason(typed)
            setWished(null)
          }}
        />
      )}
    </Drawer>
  )
}

function Sentence({ prompt, sound }: { readonly prompt: string; readonly sound: VoiceSound }) {
  const { t } = useTranslation()
  return (
    <p className="voice-sentence">
      <PlayButton path={soundPath(prompt, sound.own)} /> <span>{sound.text ?? t('voices.unwritten')}</span>{' '}
      <PromptState fact={sound} />
    </p>
  )
}

/** Words and a sound for them, heard before they can be taken. What is typed stays, whoever changes the voice meanwhile. */
function Maker({
  prompt,
  text: before,
  wordsStay,
  speech,
  onTake,
}: {
  readonly prompt: string
  /** Of a published question. */
  readonly wordsStay: boolean
  readonly text: string
  readonly speech: boolean
  readonly onTake: (own: string) => void
}) {
  const { t } = useTranslation()
  const [typed, setText] = useState<string | null>(null)
  const text = typed ?? before
  const [made, setMade] = useState<PromptFacts | null>(null)
  const [heard, setHeard] = useState<string | null>(null)
  const making = usePromptMaking(promptDoor, text, (facts) => {
    setMade(facts)
    setText(facts.text ?? text)
  })
  const error = making.recording.error ?? making.speaking.error
  return (
    <section aria-labelledby="voice-make">
      <h3 id="voice-make">{t('voices.make')}</h3>
      <p className="muted">{t(wordsStay ? 'voices.retakeHint' : 'voices.makeHint')}</p>
      <Input.TextArea
        value={text}
        autoSize={{ minRows: 2, maxRows: 6 }}
        maxLength={300}
        disabled={making.busy || wordsStay}
        aria-label={t('prompts.text')}
        onChange={({ target }) => {
          setText(target.value)
          // Other words are another prompt.
          setMade(null)
        }}
      />
      <div className="voice-row">
        <MakeButtons making={making} speech={speech} />
        {!speech && <span className="muted">{t('prompts.noSpeech')}</span>}
      </div>
      {error !== null && <Trouble error={error} />}
      {made !== null && (
        <div className="voice-row voice-made" data-made={prompt}>
          <b>{t('voices.made')}</b>
          <PlayButton path={soundPath(prompt, made.id)} onHeard={() => setHeard(made.id)} />
          <PromptState fact={made} />
          <span className="fill" />
          {heard !== made.id && <span className="muted">{t('voices.hearFirst')}</span>}
          <Button type="primary" disabled={heard !== made.id} onClick={() => onTake(made.id)}>
            {t('voices.take')}
          </Button>
        </div>
      )}
    </section>
  )
}

function History({
  voice: { prompt, asked, shipped, versions },
  onBack,
}: {
  readonly voice: VoiceItem
  readonly onBack?: (own: string | null) => void
}) {
  const { t } = useTranslation()
  const [last] = versions
  return (
    <section aria-labelledby="voice-history">
      <h3 id="voice-history">{t('voices.versions')}</h3>
      {last === undefined && <p className="muted">{t('voices.none')}</p>}
      <ol className="voice-history">
        {versions.map(({ version, sound, reason, at, by }) => (
          <li key={version} data-version={version}>
            <Sentence prompt={prompt} sound={sound} />
            <p className="muted">
              <span className="number">{dateTime(at)}</span> · {by ?? '–'} · {t('voices.reasonWas', { reason })}
              {sound.own === null && <Tag>{t(asked ? 'voices.firstAgain' : 'voices.shippedAgain')}</Tag>}
            </p>
            {onBack !== undefined && sound.own !== last?.sound.own && (
              <Button size="small" onClick={() => onBack(sound.own)}>
                {t('voices.back')}
              </Button>
            )}
          </li>
        ))}
        {last !== undefined && last.sound.own !== null && (
          <li data-version="shipped">
            <Sentence prompt={prompt} sound={shipped} />
            <p className="muted">{t(asked ? 'voices.firstPrompt' : 'voices.shippedPrompt')}</p>
            {onBack !== undefined && (
              <Button size="small" onClick={() => onBack(null)}>
                {t('voices.back')}
              </Button>
            )}
          </li>
        )}
      </ol>
    </section>
  )
}
