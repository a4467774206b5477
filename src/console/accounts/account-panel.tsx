import { EllipsisOutlined, PlusOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { App, Button, Drawer, Dropdown, Input, Table, Tag } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { AccountItem, Issued, StartCodeTold } from '#platform/auth/account-schema.ts'
import type { LivingSessionView } from '#platform/auth/session-view.ts'
import { request } from '../api/request.ts'
import { useRight } from '../api/session.ts'
import { Trouble } from '../app/trouble.tsx'
import { dateTime } from '../text/time.ts'
import { accountsQuery, useChange } from './account-api.ts'
import { CreateDialog, RenameDialog, RolesDialog } from './account-dialogs.tsx'
import { RoleTags } from './role-tags.tsx'
import { SecretDialog, type TheSecret } from './secret-dialog.tsx'
import { SessionTable } from './session-table.tsx'

type Dialog = { readonly type: 'create' } | { readonly type: 'rename' | 'roles' | 'sessions'; readonly of: AccountItem }

/** Everybody who can sign in. What is offered follows the rights; the server judges again. */
export function AccountPanel() {
  const { t } = useTranslation()
  const { modal } = App.useApp()
  const mayManage = useRight('account.manage')
  const mayAuthorise = useRight('account.authorise')
  const accounts = useQuery(accountsQuery)
  const [text, setText] = useState('')
  const [dialog, setDialog] = useState<Dialog | null>(null)
  const [secret, setSecret] = useState<TheSecret | null>(null)
  const close = () => setDialog(null)
  const act = useChange(
    ({ id, what }: { id: string; what: 'disable' | 'enable' | 'unlock' | 'phone-permission' }) =>
      request(`/api/accounts/${id}/${what}`, { method: 'POST' }),
    ['accounts'],
  )
  const tellCode = ({ signInName }: AccountItem, startCode: string | null) => {
    if (startCode === null) return
    setSecret({
      title: `${t('accounts.startCode')} · ${signInName}`,
      text: t('accounts.startCodeText'),
      secret: startCode,
    })
  }
  const allowReset = useChange(
    ({ id }: AccountItem) => request<StartCodeTold>(`/api/accounts/${id}/password-permission`, { method: 'POST' }),
    ['accounts'],
    { onSuccess: ({ startCode }, account) => tellCode(account, startCode) },
  )
  const tellSecret = (name: string, { password }: Issued) =>
    setSecret({ title: `${t('accounts.oneTime')} · ${name}`, text: t('accounts.oneTimeText'), secret: password })
  const reset = useChange(
    ({ id }: AccountItem) => request<Issued>(`/api/accounts/${id}/password`, { method: 'POST' }),
    ['accounts'],
    { onSuccess: (issued, { signInName }) => tellSecret(signInName, issued) },
  )
  const ask = (account: AccountItem, what: 'reset' | 'disable', run: () => Promise<unknown>) =>
    modal.confirm({
      title: t(`accounts.${what}Ask`, { name: account.displayName }),
      content: t(`accounts.${what}Text`),
      okText: t(what === 'reset' ? 'accounts.resetPassword' : 'accounts.disable'),
      cancelText: t('common.cancel'),
      onOk: () => run().catch(() => undefined),
    })
  const wanted = text.trim().toLowerCase()
  const shown = (accounts.data?.accounts ?? []).filter(
    ({ signInName, displayName }) => signInName.includes(wanted) || displayName.toLowerCase().includes(wanted),
  )
  const failed = [accounts, act, allowReset, reset].find(({ isError }) => isError)
  const managing = ({ disabledAt }: AccountItem) => [
    { key: 'rename', label: t('accounts.rename') },
    { key: 'reset', label: t('accounts.resetPassword') },
    disabledAt === null
      ? { key: 'disable', label: t('accounts.disable'), danger: true }
      : { key: 'enable', label: t('accounts.enable') },
  ]
  return (
    <div className="stack">
      <p className="muted accounts-note">{t('accounts.apart')}</p>
      {failed !== undefined && <Trouble error={failed.error} />}
      <section className="panel" aria-label={t('accounts.tab.accounts')}>
        <div className="accounts-bar">
          <Input
            aria-label={t('accounts.filter')}
            placeholder={t('accounts.filter')}
            allowClear
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
          <span className="fill" />
          {mayManage && (
            <Button type="primary" icon={<PlusOutlined aria-hidden />} onClick={() => setDialog({ type: 'create' })}>
              {t('accounts.create')}
            </Button>
          )}
        </div>
        <Table<AccountItem>
          size="medium"
          rowKey="id"
          dataSource={shown}
          loading={accounts.isPending}
          pagination={shown.length > 50 ? { pageSize: 50, showSizeChanger: false } : false}
          scroll={{ x: 900 }}
          onRow={({ signInName }) => ({ 'data-account': signInName }) as object}
          columns={[
            { title: t('accounts.signInName'), dataIndex: 'signInName', width: 140 },
            { title: t('accounts.name'), dataIndex: 'displayName', width: 140, ellipsis: true },
            {
              title: t('accounts.roles'),
              render: (_value, { roles }) =>
                roles.length === 0 ? (
                  <span className="muted">{t('accounts.noRoles')}</span>
                ) : (
                  <RoleTags roles={roles} />
                ),
            },
            { title: t('accounts.state'), width: 172, render: (_value, account) => <State account={account} /> },
            {
              title: t('accounts.lastSignIn'),
              dataIndex: 'lastSignInAt',
              width: 154,
              className: 'number nowrap',
              render: (at: string | null) =>
                at === null ? <span className="muted">{t('accounts.never')}</span> : dateTime(at),
            },
            {
              title: t('accounts.sessions'),
              width: 100,
              align: 'right',
              render: (_value, account) =>
                account.sessions === 0 ? (
                  <span className="muted">0</span>
                ) : (
                  <Button type="link" size="small" onClick={() => setDialog({ type: 'sessions', of: account })}>
                    {account.sessions}
                  </Button>
                ),
            },
            {
              title: '',
              width: mayAuthorise ? 248 : 64,
              align: 'right',
              render: (_value, account) => (
                <span className="accounts-actions">
                  {mayAuthorise && (
                    <Button size="small" onClick={() => setDialog({ type: 'roles', of: account })}>
                      {t('accounts.editRoles')}
                    </Button>
                  )}
                  {mayAuthorise && account.lockedUntil !== null && (
                    <Button size="small" onClick={() => act.mutate({ id: account.id, what: 'unlock' })}>
                      {t('accounts.unlock')}
                    </Button>
                  )}
                  {(mayManage || mayAuthorise) && (
                    <Dropdown
                      trigger={['click']}
                      menu={{
                        items: [
                          ...(mayAuthorise
                            ? [
                                { key: 'allow', label: t('accounts.allowReset') },
                                { key: 'phone', label: t('accounts.allowPhone') },
                              ]
                            : []),
                          ...(mayManage ? managing(account) : []),
                        ],
                        onClick: ({ key }) => {
                          if (key === 'allow') allowReset.mutate(account)
                          else if (key === 'phone') act.mutate({ id: account.id, what: 'phone-permission' })
                          else if (key === 'rename') setDialog({ type: 'rename', of: account })
                          else if (key === 'reset') ask(account, 'reset', () => reset.mutateAsync(account))
                          else if (key === 'enable') act.mutate({ id: account.id, what: 'enable' })
                          else ask(account, 'disable', () => act.mutateAsync({ id: account.id, what: 'disable' }))
                        },
                      }}
                    >
                      <Button
                        size="small"
                        icon={<EllipsisOutlined aria-hidden />}
                        aria-label={`${t('accounts.more')} ${account.signInName}`}
                      />
                    </Dropdown>
                  )}
                </span>
              ),
            },
          ]}
        />
      </section>
      <CreateDialog
        open={dialog?.type === 'create'}
        onClose={close}
        onMade={(name, issued) => {
          close()
          tellSecret(name, issued)
        }}
      />
      <RenameDialog account={dialog?.type === 'rename' ? dialog.of : null} onClose={close} />
      <RolesDialog
        account={dialog?.type === 'roles' ? dialog.of : null}
        onClose={close}
        onGiven={(account, startCode) => {
          close()
          tellCode(account, startCode)
        }}
      />
      <Sessions account={dialog?.type === 'sessions' ? dialog.of : null} mayEnd={mayAuthorise} onClose={close} />
      <SecretDialog shown={secret} onClose={() => setSecret(null)} />
    </div>
  )
}

function State({ account }: { readonly account: AccountItem }) {
  const { t } = useTranslation()
  const { disabledAt, lockedUntil, resetAllowedUntil, phoneAllowedUntil, mustChangePassword, needsStartCode } = account
  if (disabledAt !== null) return <Tag>{t('accounts.stateOf.disabled')}</Tag>
  if (lockedUntil !== null) {
    return <Tag color="red">{t('accounts.stateOf.locked', { until: dateTime(lockedUntil).slice(11) })}</Tag>
  }
  if (resetAllowedUntil !== null) {
    return <Tag color="blue">{t('accounts.resetAllowed', { until: dateTime(resetAllowedUntil).slice(11) })}</Tag>
  }
  if (phoneAllowedUntil !== null) {
    return <Tag color="blue">{t('accounts.phoneAllowed', { until: dateTime(phoneAllowedUntil).slice(11) })}</Tag>
  }
  if (needsStartCode) return <Tag color="gold">{t('accounts.stateOf.code')}</Tag>
  if (mustChangePassword) return <Tag color="gold">{t('accounts.stateOf.fresh')}</Tag>
  return <Tag color="green">{t('accounts.stateOf.active')}</Tag>
}

function Sessions({
  account,
  mayEnd,
  onClose,
}: {
  readonly account: AccountItem | null
  readonly mayEnd: boolean
  readonly onClose: () => void
}) {
  const { t } = useTranslation()
  const sessions = useQuery({
    queryKey: ['account-sessions', account?.id],
    queryFn: ({ signal }) =>
      request<{ sessions: LivingSessionView[] }>(`/api/accounts/${account?.id}/sessions`, { signal }),
    enabled: account !== null,
  })
  const ending = useChange(
    (id: string) => request(`/api/accounts/${account?.id}/sessions/${id}`, { method: 'DELETE' }),
    ['account-sessions', 'accounts'],
  )
  return (
    <Drawer
      open={account !== null}
      onClose={onClose}
      size={760}
      destroyOnHidden
      title={t('accounts.sessionsOf', { name: account?.displayName ?? '' })}
    >
      {sessions.isError && <Trouble error={sessions.error} onRetry={() => void sessions.refetch()} />}
      {ending.isError && <Trouble error={ending.error} />}
      <SessionTable
        sessions={sessions.data?.sessions ?? []}
        loading={sessions.isFetching}
        onEnd={mayEnd ? (id) => ending.mutateAsync(id) : null}
      />
    </Drawer>
  )
}
