import { CopyOutlined, PlusOutlined } from '@ant-design/icons'
import { useMutation } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { Button, Empty, Table, Tag } from 'antd'
import { useTranslation } from 'react-i18next'
import type { MadeQuestionnaire, QuestionnaireItem } from '#follow-up/questionnaire/questionnaire-schema.ts'
import { request } from '../api/request.ts'
import { useRight } from '../api/session.ts'
import { Waiting } from '../app/page-states.tsx'
import { Trouble } from '../app/trouble.tsx'
import { currentLanguage } from '../text/i18n.ts'
import { dateTime } from '../text/time.ts'
import { useQuestionnaires } from './questionnaire-api.ts'
import './questionnaires.css'

/** What the hospital asks: every questionnaire with its version in force and where it is used. */
export function QuestionnairesPage() {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const board = useQuestionnaires()
  const mayWrite = useRight('questionnaire.manage')
  const making = useMutation({
    mutationFn: () => request<MadeQuestionnaire>('/api/questionnaires', { method: 'POST', body: {} }),
    onSuccess: ({ id }) => navigate({ to: '/questionnaires/$questionnaireId', params: { questionnaireId: id } }),
  })
  if (board.isPending) return <Waiting />
  if (board.data === undefined) return <Trouble error={board.error} onRetry={() => void board.refetch()} />
  return (
    <div className="stack">
      {making.isError && <Trouble error={making.error} />}
      <section className="panel" aria-labelledby="questionnaires">
        <h2 id="questionnaires">
          {t('questionnaires.title')}
          <span className="fill" />
          {mayWrite && (
            <Button
              type="primary"
              icon={<PlusOutlined aria-hidden />}
              loading={making.isPending}
              onClick={() => making.mutate()}
            >
              {t('questionnaires.add')}
            </Button>
          )}
        </h2>
        <QuestionnaireTable items={board.data.questionnaires} />
      </section>
      <p className="muted">
        <CopyOutlined aria-hidden /> {t('questionnaires.hint')}
      </p>
    </div>
  )
}

function QuestionnaireTable({ items }: { readonly items: readonly QuestionnaireItem[] }) {
  const { t } = useTranslation()
  const language = currentLanguage()
  return (
    <Table<QuestionnaireItem>
      rowKey="id"
      dataSource={[...items]}
      pagination={false}
      locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('questionnaires.none')} /> }}
      columns={[
        {
          title: t('questionnaires.name'),
          render: (_, { id, title }) => (
            <Link to="/questionnaires/$questionnaireId" params={{ questionnaireId: id }} data-questionnaire={title.zh}>
              {title[language].trim() || title.zh.trim() || t('questionnaires.unnamed')}
            </Link>
          ),
        },
        { title: t('questionnaires.questions'), dataIndex: 'questions', width: 90, className: 'number' },
        {
          title: t('questionnaires.askedBy'),
          width: 150,
          render: (_, { byKeys }) => t(byKeys ? 'questionnaires.byKeys' : 'questionnaires.byAgents'),
        },
        {
          title: t('questionnaires.version'),
          width: 210,
          render: (_, { version, publishedAt }) =>
            version === null ? (
              <span className="muted">{t('questionnaires.unpublished')}</span>
            ) : (
              <span className="number nowrap">
                {t('questionnaires.versionNumber', { version })}{' '}
                <span className="muted">{publishedAt === null ? '' : dateTime(publishedAt)}</span>
              </span>
            ),
        },
        {
          title: t('questionnaires.uses'),
          render: (_, { uses, version }) => <Uses uses={uses} latest={version} />,
        },
        {
          title: t('questionnaires.draft'),
          width: 210,
          render: (_, { draft }) =>
            draft !== null && (
              <span>
                <Tag color="gold">{t('questionnaires.draft')}</Tag>
                <span className="muted">{draft.changedBy ?? '–'}</span>
              </span>
            ),
        },
      ]}
    />
  )
}

/** Programmes, and the version that each asks where it is not the last. */
export function Uses({ uses, latest }: { readonly uses: QuestionnaireItem['uses']; readonly latest: number | null }) {
  const { t } = useTranslation()
  if (uses.length === 0) return <span className="muted">{t('questionnaires.unused')}</span>
  return (
    <>
      {uses.map(({ programme, version, state }) => (
        <span key={`${programme}${version}`} className="questionnaire-use" data-use={programme}>
          {programme} {version !== latest && <Tag color="orange">{t('questionnaires.versionNumber', { version })}</Tag>}
          {state !== 'running' && <Tag>{t(`campaignState.${state}`)}</Tag>}
        </span>
      ))}
    </>
  )
}
