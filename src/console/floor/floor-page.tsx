import { Button, Empty, Input, Select } from 'antd'
import { useCallback, useMemo, useState, useSyncExternalStore } from 'react'
import { useTranslation } from 'react-i18next'
import { useRight } from '../api/session.ts'
import { useConnection } from '../app/connection-state.tsx'
import { Waiting } from '../app/page-states.tsx'
import { Trouble } from '../app/trouble.tsx'
import { count } from '../text/time.ts'
import { FloorCampaigns, FloorQueues } from './floor-lists.tsx'
import { FloorStore } from './floor-store.ts'
import { type FloorFilter, type FloorView, filtered, floorGroups, groupCounts } from './floor-view.ts'
import { SeatGrid } from './seat-grid.tsx'
import { SupervisionPanel } from './supervision-panel.tsx'
import './floor.css'

/** The supervisor's page: who does what now, and the way into their calls. */
export function FloorPage() {
  const connection = useConnection()
  const store = useMemo(() => new FloorStore(connection), [connection])
  const { view, error } = useSyncExternalStore(store.watch, store.state)
  const reload = () => void store.load()
  if (view === null) return error === null ? <Waiting /> : <Trouble error={error} onRetry={reload} />
  return (
    <div className="floor">
      {error !== null && <Trouble error={error} onRetry={reload} />}
      {view.seats.length === 0 ? <NoSeats /> : <Floor view={view} onRefused={reload} />}
    </div>
  )
}

function NoSeats() {
  const { t } = useTranslation()
  return (
    <section className="panel">
      <Empty
        image={Empty.PRESENTED_IMAGE_SIMPLE}
        description={
          <>
            {t('floor.noSeats')}
            <div className="muted">{t('floor.noSeatsNext')}</div>
          </>
        }
      />
    </section>
  )
}

const everything: FloorFilter = { teamId: null, group: null, text: '' }

function Floor({ view, onRefused }: { readonly view: FloorView; readonly onRefused: () => void }) {
  const { t } = useTranslation()
  const readsLive = useRight('live.read')
  const [filter, setFilter] = useState(everything)
  const [chosenId, setChosenId] = useState<string | null>(null)
  const choose = useCallback((seatId: string) => setChosenId(seatId), [])
  const shown = filtered(view.seats, filter)
  const chosen = view.seats.find(({ seatId }) => seatId === chosenId) ?? null
  return (
    <>
      <Filters view={view} filter={filter} onFilter={setFilter} />
      <div className="floor-body">
        <section className="panel floor-seats" aria-labelledby="floor-seats">
          <h2 id="floor-seats">
            {t('floor.seats')} <span className="number">{count(shown.length)}</span>
          </h2>
          {shown.length === 0 ? (
            <div className="nothing">
              {t('floor.noMatch')}{' '}
              <Button type="link" onClick={() => setFilter(everything)}>
                {t('floor.clear')}
              </Button>
            </div>
          ) : (
            <SeatGrid seats={shown} teams={view.teams} chosenId={chosenId} onChoose={choose} />
          )}
        </section>
        <div className="floor-side">
          <SupervisionPanel view={view} chosen={chosen} onRefused={onRefused} />
          <FloorQueues
            queues={view.queues.filter(({ teamId }) => filter.teamId === null || teamId === filter.teamId)}
          />
          {readsLive && <FloorCampaigns />}
        </div>
      </div>
    </>
  )
}

interface FiltersProps {
  readonly view: FloorView
  readonly filter: FloorFilter
  readonly onFilter: (filter: FloorFilter) => void
}

/** How many are in what, which is also how to see only them. */
function Filters({ view, filter, onFilter }: FiltersProps) {
  const { t } = useTranslation()
  const { teamId, group, text } = filter
  const ofTeam = view.seats.filter((seat) => teamId === null || seat.teamId === teamId)
  const counts = groupCounts(ofTeam)
  return (
    <section className="panel floor-filters" aria-label={t('floor.seats')}>
      <Select
        aria-label={t('floor.teams')}
        className="floor-team"
        value={teamId ?? ''}
        onChange={(id: string) => onFilter({ ...filter, teamId: id === '' ? null : id })}
        options={[
          { value: '', label: t('floor.allTeams') },
          ...view.teams.map(({ id, name }) => ({ value: id, label: name })),
        ]}
      />
      <fieldset className="floor-groups" aria-label={t('floor.status')}>
        <button type="button" aria-pressed={group === null} onClick={() => onFilter({ ...filter, group: null })}>
          {t('floor.all')} <b className="number">{count(ofTeam.length)}</b>
        </button>
        {floorGroups.map((each) => (
          <button
            key={each}
            type="button"
            data-group={each}
            aria-pressed={group === each}
            onClick={() => onFilter({ ...filter, group: group === each ? null : each })}
          >
            <i aria-hidden="true" />
            {t(`floor.group.${each}`)} <b className="number">{count(counts.get(each) ?? 0)}</b>
          </button>
        ))}
      </fieldset>
      <Input.Search
        className="floor-search"
        aria-label={t('floor.search')}
        placeholder={t('floor.search')}
        allowClear
        value={text}
        onChange={(event) => onFilter({ ...filter, text: event.target.value })}
      />
    </section>
  )
}
