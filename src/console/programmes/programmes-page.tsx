import { PlusOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { Alert, Button, Empty, Table, type TableColumnsType, Tag, Tooltip } from 'antd'
import { useTranslation } from 'react-i18next'
import type { Coverage, ProgrammeItem, ProgrammeList } from '#follow-up/programmes/programme-schema.ts'
import { useRight } from '../api/session.ts'
import { Waiting } from '../app/page-states.tsx'
import { Trouble } from '../app/trouble.tsx'
import { count } from '../text/time.ts'
import { word } from '../text/word.ts'
import { coverageDays, coverageQuery, useProgrammes } from './programme-api.ts'
import { matchLines, whenShort } from './programme-words.ts'
import { StateMark } from './state-mark.tsx'
import './programmes.css'

/** Who is followed up, about what, when. */
export function ProgrammesPage() {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const mayChange = useRight('programme.manage')
  const list = useProgrammes()
  const coverage = useQuery(coverageQuery)
  if (list.isPending) return <Waiting />
  if (list.data === undefined) return <Trouble error={list.error} onRetry={() => void list.refetch()} />
  return (
    <div className="stack">
      {list.isError && <Trouble error={list.error} onRetry={() => void list.refetch()} />}
      <Notices list={list.data} coverage={coverage.data} />
      <section className="panel" aria-label={t('nav.programmes')}>
        <div className="programme-bar">
          <p className="muted">{t('programmes.text')}</p>
          {mayChange && (
            <Button
              type="primary"
              icon={<PlusOutlined aria-hidden />}
              onClick={() => void navigate({ to: '/programmes/new', search: {} })}
            >
              {t('programmes.add')}
            </Button>
          )}
        </div>
        <List list={list.data} coverage={coverage.data} />
      </section>
    </div>
  )
}

interface Shown {
  readonly list: ProgrammeList
  /** Not known yet where absent. */
  readonly coverage: Coverage | undefined
}

function List({ list, coverage }: Shown) {
  const { t } = useTranslation()
  return (
    <Table<ProgrammeItem>
      size="medium"
      rowKey="id"
      columns={useColumns(list, coverage)}
      dataSource={list.programmes}
      pagination={false}
      scroll={{ x: 1_040 }}
      onRow={({ name }) => ({ 'data-programme': name }) as object}
      locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('programmes.none')} /> }}
    />
  )
}

/** Who is followed up by nobody, and who by two. */
function Notices({ list, coverage }: Shown) {
  const { t } = useTranslation()
  const nameOf = (id: string) => list.programmes.find((one) => one.id === id)?.name ?? ''
  const days = coverageDays
  return (
    <>
      {list.withoutDefault.map(({ siteId, site }) => (
        <Alert
          key={siteId}
          type="warning"
          showIcon
          data-notice="no-default"
          title={t('programmes.noDefault', { site })}
          description={t('programmes.noDefaultText')}
        />
      ))}
      {coverage !== undefined && coverage.byNobody > 0 && (
        <Alert
          type="warning"
          showIcon
          data-notice="nobody"
          title={t('programmes.nobody', {
            days,
            discharges: count(coverage.discharges),
            count: coverage.byNobody,
          })}
        />
      )}
      {coverage?.overlaps.map(({ one, other, count: both }) => (
        <Alert
          key={`${one} ${other}`}
          type="warning"
          showIcon
          data-notice="overlap"
          title={t('programmes.overlap', { one: nameOf(one), other: nameOf(other), days, count: both })}
          description={t('programmes.overlapText')}
        />
      ))}
    </>
  )
}

function useColumns(list: Shown['list'], coverage: Shown['coverage']): TableColumnsType<ProgrammeItem> {
  const { t } = useTranslation()
  const saying = { t, published: list.published }
  const sites = new Set(list.programmes.map(({ siteId }) => siteId)).size
  return [
    {
      title: t('programmes.name'),
      width: 170,
      render: (_value, { id, name, isDefault, site }) => (
        <>
          <Link to="/programmes/$programmeId" params={{ programmeId: id }}>
            {name}
          </Link>{' '}
          {isDefault && <Tag>{t('programmes.default')}</Tag>}
          {sites > 1 && <div className="muted">{site}</div>}
        </>
      ),
    },
    {
      title: t('programmes.state'),
      width: 110,
      render: (_value, { state, missing }) => (
        <>
          <StateMark state={state} />
          {state === 'running' && missing.length > 0 && (
            <Tooltip title={missing.map((one) => t(`programmes.missing.${one}`)).join(' ')}>
              <div className="programme-missing">{t('programmes.missingTitle')}</div>
            </Tooltip>
          )}
        </>
      ),
    },
    {
      title: t('programmes.whom'),
      render: (_value, { content }) =>
        matchLines(content, saying).map(({ key, label, text }) => (
          <div key={key}>
            {key !== 'kinds' && <span className="muted">{label} </span>}
            {text}
          </div>
        )),
    },
    { title: t('programmes.when'), width: 110, render: (_value, { content }) => whenShort(content) },
    {
      title: t('programmes.what'),
      width: 130,
      render: (_value, { legalBasis, purpose }) => (
        <>
          {t(`programmes.basis.${legalBasis}`)}
          <div className="muted">{word('purpose', purpose)}</div>
        </>
      ),
    },
    { title: t('programmes.campaign'), width: 140, render: (_value, { campaign }) => <CampaignLink of={campaign} /> },
    {
      title: (
        <Tooltip title={t('programmes.recentHint', { days: coverageDays })}>
          {t('programmes.recent', { days: coverageDays })}
        </Tooltip>
      ),
      width: 80,
      align: 'right',
      className: 'number',
      render: (_value, { id }) => {
        if (coverage === undefined) return '…'
        return count(coverage.takes.find(({ programmeId }) => programmeId === id)?.count ?? 0)
      },
    },
    {
      title: <Tooltip title={t('programmes.enrolledHint')}>{t('programmes.enrolled')}</Tooltip>,
      width: 80,
      align: 'right',
      className: 'number',
      render: (_value, { enrolled }) => count(enrolled),
    },
    {
      title: t('programmes.open'),
      width: 80,
      align: 'right',
      className: 'number',
      render: (_value, { open }) => count(open),
    },
  ]
}

/** To the campaign's settings, for whoever may change them. */
export function CampaignLink({ of: campaign }: { readonly of: ProgrammeItem['campaign'] }) {
  const { t } = useTranslation()
  const mayOpen = useRight('campaign.control')
  if (campaign === null) return <span className="muted">{t('programmes.campaignNone')}</span>
  return (
    <>
      {mayOpen ? (
        <Link to="/campaigns/$campaignId" params={{ campaignId: campaign.id }}>
          {campaign.name}
        </Link>
      ) : (
        campaign.name
      )}
      <div className="muted">{word('campaignState', campaign.state)}</div>
    </>
  )
}
