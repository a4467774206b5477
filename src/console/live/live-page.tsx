import { Empty } from 'antd'
import { useMemo, useSyncExternalStore } from 'react'
import { useTranslation } from 'react-i18next'
import { useConnection } from '../app/connection-state.tsx'
import { Waiting } from '../app/page-states.tsx'
import { Trouble } from '../app/trouble.tsx'
import { MissingYears } from '../calling/missing-years.tsx'
import { DiskAlert } from '../storage/disk-alert.tsx'
import { CampaignCard } from './campaign-card.tsx'
import { FirstSteps } from './first-steps.tsx'
import { CallsInProgress, Failures, RecentResults } from './live-lists.tsx'
import { LiveStore } from './live-store.ts'
import { SilentTrunks } from './silent-trunks.tsx'
import './live.css'

/** The first page: what is dialled now, pushed as it happens. */
export function LivePage() {
  const { t } = useTranslation()
  const connection = useConnection()
  const store = useMemo(() => new LiveStore(connection), [connection])
  const { view, people, error } = useSyncExternalStore(store.watch, store.state)
  if (view === null) return error === null ? <Waiting /> : <Trouble error={error} onRetry={() => void store.load()} />
  return (
    <div className="live">
      {error !== null && <Trouble error={error} onRetry={() => void store.load()} />}
      <DiskAlert disks={view.disks} />
      <MissingYears years={view.calendarMissing} link />
      <SilentTrunks trunks={view.silentTrunks} />
      <FirstSteps steps={view.firstSteps} />
      {view.campaigns.length === 0 && (
        <section className="panel">
          <Empty
            image={Empty.PRESENTED_IMAGE_SIMPLE}
            description={
              <>
                {t('live.noCampaigns')}
                <div className="muted">{t('live.noCampaignsNext')}</div>
              </>
            }
          />
        </section>
      )}
      {view.campaigns.map((campaign) => (
        <CampaignCard key={campaign.id} campaign={campaign} view={view} />
      ))}
      <div className="live-lists">
        <CallsInProgress view={view} people={people} />
        <RecentResults view={view} people={people} />
        <Failures view={view} />
      </div>
    </div>
  )
}
