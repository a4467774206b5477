import { PlusOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Button, Empty, Select, Skeleton, Table } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { TeamBoard, TeamItem, TeamPerson } from '#contact-center/teams/team-schema.ts'
import { request } from '../api/request.ts'
import { useRight } from '../api/session.ts'
import { Trouble } from '../app/trouble.tsx'
import { useChange } from './account-api.ts'
import { SecretDialog, type TheSecret } from './secret-dialog.tsx'
import { MemberDialog, PhoneDialog, TeamNameDialog } from './team-dialogs.tsx'

type Dialog =
  | { readonly type: 'name'; readonly team: TeamItem | null }
  | { readonly type: 'member'; readonly team: TeamItem; readonly person: TeamPerson | null }
  | { readonly type: 'phone'; readonly person: TeamPerson }

/** Who works in which team under whom, with which phone. */
export function TeamPanel() {
  const { t } = useTranslation()
  const board = useQuery({
    queryKey: ['teams'],
    queryFn: ({ signal }) => request<TeamBoard>('/api/teams', { signal }),
  })
  const [dialog, setDialog] = useState<Dialog | null>(null)
  const [secret, setSecret] = useState<TheSecret | null>(null)
  const close = () => setDialog(null)
  if (board.isError) return <Trouble error={board.error} onRetry={() => void board.refetch()} />
  if (board.data === undefined) return <Skeleton active paragraph={{ rows: 6 }} />
  const { teams, people, all } = board.data
  return (
    <div className="stack">
      <div>
        <span className="muted">{t('accounts.supervisorsHint')}</span>
      </div>
      {all && (
        <div>
          <Button
            type="primary"
            icon={<PlusOutlined aria-hidden />}
            onClick={() => setDialog({ type: 'name', team: null })}
          >
            {t('accounts.newTeam')}
          </Button>
        </div>
      )}
      {teams.length === 0 && (
        <Empty
          image={Empty.PRESENTED_IMAGE_SIMPLE}
          description={
            <>
              {t('accounts.noTeams')}
              <div className="muted">{t('accounts.noTeamsNext')}</div>
            </>
          }
        />
      )}
      {teams.map((team) => (
        <Team
          key={team.id}
          team={team}
          board={board.data}
          onRename={() => setDialog({ type: 'name', team })}
          onAdd={() => setDialog({ type: 'member', team, person: null })}
          onMove={(person) => setDialog({ type: 'member', team, person })}
          onPhone={(person) => setDialog({ type: 'phone', person })}
        />
      ))}
      <TeamNameDialog
        open={dialog?.type === 'name'}
        team={dialog?.type === 'name' ? dialog.team : null}
        onClose={close}
      />
      <MemberDialog
        team={dialog?.type === 'member' ? dialog.team : null}
        person={dialog?.type === 'member' ? dialog.person : null}
        teams={teams}
        people={people}
        onClose={close}
      />
      <PhoneDialog
        person={dialog?.type === 'phone' ? dialog.person : null}
        needsWord={board.data.phoneNeedsWord}
        onClose={close}
        onIssued={(issued) => {
          close()
          if (issued === null) return
          const { extension, secret: password } = issued
          setSecret({
            title: t('accounts.phoneSecret'),
            text: t('accounts.phoneSecretText', { extension }),
            secret: password,
          })
        }}
      />
      <SecretDialog shown={secret} onClose={() => setSecret(null)} />
    </div>
  )
}

function Team({
  team,
  board: { people, all },
  onRename,
  onAdd,
  onMove,
  onPhone,
}: {
  readonly team: TeamItem
  readonly board: TeamBoard
  readonly onRename: () => void
  readonly onAdd: () => void
  readonly onMove: (person: TeamPerson) => void
  readonly onPhone: (person: TeamPerson) => void
}) {
  const { t } = useTranslation()
  const mayPhone = useRight('account.manage')
  const members = people.filter(({ teamId }) => teamId === team.id)
  return (
    <section className="panel team" aria-label={team.name} data-team={team.name}>
      <h2>
        {team.name} <span className="number">{members.length}</span>
        <span className="fill" />
        {all && (
          <>
            <Button size="small" onClick={onRename}>
              {t('accounts.renameTeam')}
            </Button>
            <Button size="small" icon={<PlusOutlined aria-hidden />} onClick={onAdd}>
              {t('accounts.addMember')}
            </Button>
          </>
        )}
      </h2>
      <div className="team-facts">
        <Supervisors team={team} people={people} mayChange={all} />
        {team.campaigns.length > 0 && (
          <span>
            <span className="muted">{t('accounts.campaigns')}</span> {team.campaigns.join('、')}
          </span>
        )}
      </div>
      <Table<TeamPerson>
        size="small"
        rowKey="id"
        dataSource={members}
        pagination={false}
        locale={{ emptyText: t('accounts.noMembers') }}
        onRow={({ signInName }) => ({ 'data-member': signInName }) as object}
        columns={[
          { title: t('accounts.agentNo'), dataIndex: 'agentNo', width: 110, className: 'number' },
          { title: t('accounts.name'), dataIndex: 'name', ellipsis: true },
          { title: t('accounts.signInName'), dataIndex: 'signInName', ellipsis: true },
          { title: t('accounts.phone'), width: 210, render: (_value, person) => <Phone person={person} /> },
          {
            title: '',
            width: 215,
            align: 'right',
            render: (_value, person) => (
              <span className="accounts-actions">
                <Button size="small" onClick={() => onMove(person)}>
                  {t('accounts.move')}
                </Button>
                {mayPhone && (
                  <Button size="small" onClick={() => onPhone(person)}>
                    {t('accounts.setPhone')}
                  </Button>
                )}
              </span>
            ),
          },
        ]}
      />
    </section>
  )
}

function Phone({ person: { phone } }: { readonly person: TeamPerson }) {
  const { t } = useTranslation()
  if (phone === null) return <span className="muted">{t('accounts.phoneBrowser')}</span>
  return (
    <span className="dot" style={{ '--mark': phone.live ? '#1d8255' : '#a9b8c0' }}>
      {phone.kind === 'browser' ? t('accounts.phoneBrowser') : t('accounts.phoneDesk', { extension: phone.extension })}{' '}
      <span className="muted">{t(phone.live ? 'accounts.phoneLive' : 'accounts.phoneGone')}</span>
    </span>
  )
}

function Supervisors({
  team,
  people,
  mayChange,
}: {
  readonly team: TeamItem
  readonly people: readonly TeamPerson[]
  readonly mayChange: boolean
}) {
  const { t } = useTranslation()
  const setting = useChange(
    (userIds: string[]) => request(`/api/teams/${team.id}/supervisors`, { method: 'PUT', body: { userIds } }),
    ['teams'],
  )
  const able = people.filter(({ roles }) => roles.includes('supervisor'))
  const named = able.filter(({ id }) => team.supervisorIds.includes(id)).map(({ name }) => name)
  return (
    <span>
      <span className="muted">{t('accounts.supervisors')}</span>
      {mayChange ? (
        <Select
          mode="multiple"
          aria-label={`${t('accounts.supervisors')} ${team.name}`}
          placeholder={t('accounts.noSupervisors')}
          style={{ minWidth: 220 }}
          value={team.supervisorIds.filter((id) => able.some((person) => person.id === id))}
          loading={setting.isPending}
          onChange={(userIds: string[]) => setting.mutate(userIds)}
          options={able.map(({ id, name }) => ({ value: id, label: name }))}
        />
      ) : (
        <b>{named.length === 0 ? t('accounts.noSupervisors') : named.join('、')}</b>
      )}
      {setting.isError && <Trouble error={setting.error} />}
    </span>
  )
}
