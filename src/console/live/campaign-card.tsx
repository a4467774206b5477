import { CaretRightOutlined, PauseOutlined, StopOutlined } from '@ant-design/icons'
import { useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { App, Button, Tag } from 'antd'
import { memo } from 'react'
import { useTranslation } from 'react-i18next'
import type { LiveCampaign } from '#follow-up/live/live-schema.ts'
import { RefusedError, request } from '../api/request.ts'
import { useRight } from '../api/session.ts'
import { count } from '../text/time.ts'
import { word } from '../text/word.ts'
import { groupCounts, taskTotal } from './campaign-counts.ts'
import type { LiveView } from './live-view.ts'
import { WhyNotLine } from './why-not-line.tsx'

type Command = 'start' | 'pause' | 'stop'

const stateColors = { running: 'green', paused: 'gold', stopped: 'default' } as const

export function CampaignCard({ campaign, view }: { readonly campaign: LiveCampaign; readonly view: LiveView }) {
  const { t } = useTranslation()
  const settles = useRight('campaign.control')
  const groups = groupCounts(campaign, view)
  const total = taskTotal(campaign)
  const used = view.calls.filter(({ campaignId }) => campaignId === campaign.id).length
  return (
    <section className="panel campaign" aria-label={campaign.name} data-campaign={campaign.id}>
      <div className="campaign-head">
        <h3>{campaign.name}</h3>
        <Tag color={stateColors[campaign.state]} data-state={campaign.state}>
          {word('campaignState', campaign.state)}
        </Tag>
        {campaign.trunk.kind === 'simulated' && <Tag>{t('live.simulated')}</Tag>}
        {campaign.anyHour && <Tag>{t('live.anyHour')}</Tag>}
        <span className="fill" />
        <span className="muted number">{t('live.lines', { used, lines: campaign.trunk.lines })}</span>
        <Commands id={campaign.id} name={campaign.name} state={campaign.state} />
        {settles && (
          <Link to="/campaigns/$campaignId" params={{ campaignId: campaign.id }}>
            {t('setup.campaign.open')}
          </Link>
        )}
      </div>
      <div className="campaign-bar" aria-hidden="true">
        {groups
          .filter((group) => group.count > 0)
          .map(({ group, count: size, color }) => (
            <span key={group} style={{ flexGrow: size, background: color }} />
          ))}
      </div>
      <dl className="campaign-counts">
        <div style={{ '--mark': 'transparent' }}>
          <dt>{t('live.total')}</dt>
          <dd>{count(total)}</dd>
        </div>
        {groups.map(({ group, count: size, color }) => (
          <div key={group} style={{ '--mark': color }} data-count={group}>
            <dt>{t(`live.chip.${group}`)}</dt>
            <dd>{count(size)}</dd>
          </div>
        ))}
      </dl>
      <WhyNotLine campaignId={campaign.id} whyNot={campaign.whyNot} />
    </section>
  )
}

/** The page does not wait for its own click: what became of it comes as an event, to everybody's page alike. */
const Commands = memo(function Commands({ id, name, state }: Pick<LiveCampaign, 'id' | 'name' | 'state'>) {
  const { t } = useTranslation()
  const { modal, message } = App.useApp()
  const allowed = useRight('campaign.control')
  const commanding = useMutation({
    mutationFn: (command: Command) => request(`/api/campaigns/${id}/${command}`, { method: 'POST' }),
    onSuccess: (_answer, command) => void message.success(t(`live.${done[command]}`)),
    onError: (error) => {
      void message.error(error instanceof RefusedError ? `${error.message} ${error.next}` : t('error.unknown'))
    },
  })
  if (!allowed) return null
  const ask = (command: Command) => {
    modal.confirm({
      title: t(`live.${command}Ask`, { name }),
      content: t(`live.${command}Text`),
      okText: t(`live.${command}`),
      cancelText: t('common.cancel'),
      okButtonProps: { danger: command === 'stop' },
      onOk: () => commanding.mutateAsync(command).catch(() => undefined),
    })
  }
  return (
    <>
      {state === 'running' ? (
        <Button icon={<PauseOutlined aria-hidden />} onClick={() => ask('pause')}>
          {t('live.pause')}
        </Button>
      ) : (
        <Button type="primary" icon={<CaretRightOutlined aria-hidden />} onClick={() => ask('start')}>
          {t('live.start')}
        </Button>
      )}
      <Button danger icon={<StopOutlined aria-hidden />} disabled={state === 'stopped'} onClick={() => ask('stop')}>
        {t('live.stop')}
      </Button>
    </>
  )
})

const done = { start: 'started', pause: 'paused', stop: 'stopped' } as const
