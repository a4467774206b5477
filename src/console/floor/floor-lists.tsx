import { Tag } from 'antd'
import { useMemo, useSyncExternalStore } from 'react'
import { useTranslation } from 'react-i18next'
import { useConnection } from '../app/connection-state.tsx'
import { LiveStore } from '../live/live-store.ts'
import { Ticking } from '../seat/ticking.tsx'
import { count } from '../text/time.ts'
import { word } from '../text/word.ts'
import type { FloorQueue } from './floor-api.ts'

/** Who waits for an agent, and for how long. */
export function FloorQueues({ queues }: { readonly queues: readonly FloorQueue[] }) {
  const { t } = useTranslation()
  return (
    <section className="panel floor-list" aria-labelledby="floor-queues">
      <h2 id="floor-queues">{t('floor.queues')}</h2>
      {queues.length === 0 && <p className="nothing">{t('floor.noQueues')}</p>}
      <ul>
        {queues.map(({ queueId, name, waiting, longestSince }) => (
          <li key={queueId} data-queue={queueId} data-waiting={waiting}>
            <b>{name}</b>
            <span className="number">{t('floor.waiting', { count: waiting })}</span>
            {longestSince !== null && (
              <span className="muted">
                {t('floor.longest')} <Ticking since={longestSince} />
              </span>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}

const stateColors = { running: 'green', paused: 'gold', stopped: 'default' } as const
/** More of them stand on the page of live calling. */
const reasonsShown = 3

/** What is dialled, and why the rest is not. */
export function FloorCampaigns() {
  const { t } = useTranslation()
  const connection = useConnection()
  const store = useMemo(() => new LiveStore(connection), [connection])
  const { view } = useSyncExternalStore(store.watch, store.state)
  const campaigns = view?.campaigns ?? []
  return (
    <section className="panel floor-list" aria-labelledby="floor-campaigns">
      <h2 id="floor-campaigns">{t('floor.campaigns')}</h2>
      {campaigns.length === 0 && <p className="nothing">{t('floor.noCampaigns')}</p>}
      <ul>
        {campaigns.map(({ id, name, state, trunk, whyNot }) => {
          const used = view?.calls.filter(({ campaignId }) => campaignId === id).length ?? 0
          return (
            <li key={id} data-campaign={id}>
              <b>{name}</b>
              <Tag color={stateColors[state]}>{word('campaignState', state)}</Tag>
              <span className="number muted">{t('floor.lines', { used, lines: trunk.lines })}</span>
              <span className="floor-why">
                {t('live.callable')} <b className="number">{count(whyNot.callable)}</b>
                {whyNot.reasons.slice(0, reasonsShown).map(({ reason, count: size }) => (
                  <span key={reason}>
                    {word('reason', reason)} <b className="number">{count(size)}</b>
                  </span>
                ))}
              </span>
            </li>
          )
        })}
      </ul>
    </section>
  )
}
