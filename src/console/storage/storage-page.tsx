import { Table, Tag } from 'antd'
import { useTranslation } from 'react-i18next'
import type { RetentionRunItem, StorageBoard } from '#contact-center/retention/storage-schema.ts'
import { Waiting } from '../app/page-states.tsx'
import { Trouble } from '../app/trouble.tsx'
import { count, dateTime } from '../text/time.ts'
import { DiskPanel } from './disk-panel.tsx'
import { GuardAlert, RestoredAlert } from './guard-alert.tsx'
import { RetentionPanel } from './retention-panel.tsx'
import { size, useStorage } from './storage-api.ts'
import { StrayPanel } from './stray-panel.tsx'
import '../calling/calling.css'
import './storage.css'

/** What is kept, for how long, and the room there is; figures alone, for who keeps the machine. */
export function StoragePage() {
  const board = useStorage()
  if (board.isPending) return <Waiting />
  if (board.data === undefined) return <Trouble error={board.error} onRetry={() => void board.refetch()} />
  return (
    <div className="stack">
      {board.isError && <Trouble error={board.error} onRetry={() => void board.refetch()} />}
      {board.data.restored !== null && <RestoredAlert restored={board.data.restored} />}
      {board.data.hold !== null && <GuardAlert hold={board.data.hold} />}
      <div className="sheets">
        <div className="stack">
          <RetentionPanel board={board.data} />
          <Kept kept={board.data.kept} />
        </div>
        <DiskPanel board={board.data} />
      </div>
      {board.data.strays.count > 0 && <StrayPanel strays={board.data.strays} />}
      <Runs runs={board.data.runs} />
    </div>
  )
}

function Kept({ kept }: { readonly kept: StorageBoard['kept'] }) {
  const { t } = useTranslation()
  const facts = [
    [t('storage.recordings'), count(kept.recordings)],
    [t('storage.size'), size(kept.bytes)],
    [t('storage.oldest'), kept.oldestAt === null ? '–' : dateTime(kept.oldestAt)],
    [t('storage.held'), count(kept.held)],
    [t('storage.damaged'), count(kept.damaged)],
    [t('storage.expired'), count(kept.expired)],
  ] as const
  return (
    <section className="panel sheet" aria-labelledby="storage-kept">
      <h2 id="storage-kept">{t('storage.kept')}</h2>
      {kept.recordings === 0 && <p className="muted">{t('storage.noRecordings')}</p>}
      <dl className="storage-facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd className="number">{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}

function Runs({ runs }: { readonly runs: StorageBoard['runs'] }) {
  const { t } = useTranslation()
  return (
    <section className="panel" aria-labelledby="storage-runs">
      <h2 id="storage-runs">{t('storage.runs')}</h2>
      <Table<RetentionRunItem>
        size="medium"
        rowKey="id"
        dataSource={[...runs]}
        pagination={false}
        locale={{ emptyText: t('storage.noRuns') }}
        onRow={({ id }) => ({ 'data-run': id }) as object}
        columns={[
          { title: t('storage.runAt'), dataIndex: 'startedAt', className: 'number', render: dateTime },
          {
            title: t('storage.runState'),
            render: (_value, { endedAt }) => (
              <Tag color={endedAt === null ? 'gold' : 'green'}>
                {t(endedAt === null ? 'storage.running' : 'storage.ended')}
              </Tag>
            ),
          },
          {
            title: t('storage.ofThat'),
            className: 'number',
            render: (_value, { recordingDays }) => `${count(recordingDays)} ${t('storage.days')}`,
          },
          { title: t('storage.removed'), dataIndex: 'recordings', className: 'number', render: count },
          { title: t('storage.size'), dataIndex: 'bytes', className: 'number', render: size },
          { title: t('storage.runStrays'), dataIndex: 'strays', className: 'number', render: count },
          {
            title: t('storage.kept_'),
            className: 'number',
            render: (_value, { held, inReview }) => (held === null ? '–' : `${count(held)} / ${count(inReview ?? 0)}`),
          },
          {
            title: t('storage.filesLeft'),
            className: 'number',
            render: (_value, { filesLeft }) =>
              filesLeft === 0 ? (
                '0'
              ) : (
                <Tag color="red" title={t('storage.filesLeftText')}>
                  {count(filesLeft)}
                </Tag>
              ),
          },
        ]}
      />
    </section>
  )
}
