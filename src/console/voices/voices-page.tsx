import { Alert, Button, Table, Tag } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { VoiceItem } from '#contact-center/voices/voice-schema.ts'
import { useRight } from '../api/session.ts'
import { Waiting } from '../app/page-states.tsx'
import { Trouble } from '../app/trouble.tsx'
import { PlayButton, PromptState } from '../prompts/prompt-state.tsx'
import { currentLanguage } from '../text/i18n.ts'
import { count, dateTime } from '../text/time.ts'
import { soundPath, useVoices } from './voice-api.ts'
import { VoiceDrawer } from './voice-drawer.tsx'
import './voices.css'

/** What calls say, sentence by sentence: where, in whose voice, since when. */
export function VoicesPage() {
  const { t } = useTranslation()
  const board = useVoices()
  const [opened, setOpened] = useState<string | null>(null)
  if (board.isPending) return <Waiting />
  if (board.data === undefined) return <Trouble error={board.error} onRetry={() => void board.refetch()} />
  const { voices, language, speech } = board.data
  const faulty = voices.filter(({ fault }) => fault !== null)
  const lost = faulty.filter(({ asked }) => !asked).map(({ prompt }) => prompt)
  const unsaid = faulty.filter(({ asked }) => asked).length
  const shown = voices.find(({ prompt }) => prompt === opened)
  return (
    <div className="stack">
      {lost.length > 0 && (
        <Alert type="error" showIcon role="alert" title={t('voices.lost', { prompts: lost.join(', ') })} />
      )}
      {unsaid > 0 && (
        <Alert type="error" showIcon role="alert" title={t('voices.unsaid', { questions: count(unsaid) })} />
      )}
      <section className="panel" aria-labelledby="voices">
        <h2 id="voices">{t('voices.title')}</h2>
        <p className="muted voices-hint">{t('voices.hint')}</p>
        <VoiceTable voices={voices} language={language} onOpen={setOpened} />
      </section>
      {shown !== undefined && (
        <VoiceDrawer key={shown.prompt} voice={shown} speech={speech} onClose={() => setOpened(null)} />
      )}
    </div>
  )
}

function VoiceTable({
  voices,
  language,
  onOpen,
}: {
  readonly voices: readonly VoiceItem[]
  readonly language: string
  readonly onOpen: (prompt: string) => void
}) {
  const { t } = useTranslation()
  const mayManage = useRight('voice.manage')
  return (
    <Table<VoiceItem>
      rowKey="prompt"
      dataSource={[...voices]}
      pagination={false}
      size="small"
      columns={[
        {
          title: t('voices.says'),
          render: (_, { prompt, inForce, notice, asked, fault }) => (
            <>
              <span>{inForce.text ?? t('voices.unwritten')}</span> {notice && <Tag>{t('voices.notice')}</Tag>}
              <div className="muted">
                <code>{prompt}</code>
              </div>
              {fault !== null && (
                <Alert
                  type="error"
                  showIcon
                  title={t(asked ? 'voices.fault.asked' : `voices.fault.${fault}`)}
                  data-fault={fault}
                />
              )}
            </>
          ),
        },
        {
          title: t('voices.uses'),
          width: 260,
          render: (_, { uses, asked }) => (asked ? t('voices.question') : <VoiceUses uses={uses} />),
        },
        { title: t('voices.language'), width: 80, render: () => language },
        {
          title: t('voices.voice'),
          width: 190,
          render: (_, { prompt, inForce, asked, fault }) =>
            asked && fault !== null ? (
              <span className="muted">{t('voices.silent')}</span>
            ) : (
              <span className="nowrap">
                <PlayButton path={soundPath(prompt, inForce.own)} />
                <PromptState fact={inForce} />
              </span>
            ),
        },
        {
          title: t('voices.changed'),
          width: 170,
          render: (_, { versions: [last] }) =>
            last === undefined ? (
              <span className="muted">{t('voices.never')}</span>
            ) : (
              <>
                <span className="number nowrap">{dateTime(last.at)}</span>
                <div className="muted">{last.by ?? '–'}</div>
              </>
            ),
        },
        {
          width: 100,
          render: (_, { prompt }) => (
            <Button size="small" onClick={() => onOpen(prompt)}>
              {t(mayManage ? 'voices.open' : 'voices.look')}
            </Button>
          ),
        },
      ]}
    />
  )
}

function VoiceUses({ uses }: Pick<VoiceItem, 'uses'>) {
  const { t } = useTranslation()
  if (uses.length === 0) return <span>{t('voices.agentLost')}</span>
  return (
    <>
      {uses.map(({ flow, nodes }) => (
        <div key={flow.zh}>
          {flow[currentLanguage()]}{' '}
          <span className="muted">
            {nodes.map((node) => (node === 'optOut' ? t('voices.optOut') : node)).join(', ')}
          </span>
        </div>
      ))}
    </>
  )
}
