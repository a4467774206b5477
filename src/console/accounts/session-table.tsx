import { App, Button, Table, Tag } from 'antd'
import { useTranslation } from 'react-i18next'
import type { LivingSessionView } from '#platform/auth/session-view.ts'
import { dateTime } from '../text/time.ts'
import { deviceName } from './device-name.ts'

/** Where an account is signed in. @param onEnd null for who may only look */
export function SessionTable({
  sessions,
  loading,
  onEnd,
}: {
  readonly sessions: readonly LivingSessionView[]
  readonly loading: boolean
  readonly onEnd: ((sessionId: string) => Promise<unknown>) | null
}) {
  const { t } = useTranslation()
  const { modal } = App.useApp()
  const ask = (id: string) =>
    modal.confirm({
      title: t('accounts.endAsk'),
      okText: t('accounts.end'),
      cancelText: t('common.cancel'),
      // A refusal is shown where it is handled; the question goes either way.
      onOk: () => onEnd?.(id).catch(() => undefined),
    })
  return (
    <Table<LivingSessionView>
      size="medium"
      rowKey="id"
      dataSource={[...sessions]}
      loading={loading}
      pagination={false}
      locale={{ emptyText: loading ? ' ' : t('accounts.noSessions') }}
      onRow={({ id }) => ({ 'data-session': id }) as object}
      columns={[
        {
          title: t('accounts.device'),
          render: (_value, { userAgent, own }) => (
            <>
              {deviceName(userAgent) ?? t('accounts.unknownDevice')}{' '}
              {own && <Tag color="green">{t('accounts.thisOne')}</Tag>}
            </>
          ),
        },
        { title: t('accounts.address'), dataIndex: 'ip', className: 'number', width: 140 },
        { title: t('accounts.since'), dataIndex: 'since', className: 'number nowrap', width: 160, render: dateTime },
        {
          title: t('accounts.lastSeen'),
          dataIndex: 'lastSeenAt',
          className: 'number nowrap',
          width: 160,
          render: dateTime,
        },
        ...(onEnd === null
          ? []
          : [
              {
                title: '',
                width: 112,
                render: (_value: unknown, { id, own }: LivingSessionView) =>
                  own ? null : (
                    <Button size="small" danger onClick={() => ask(id)}>
                      {t('accounts.end')}
                    </Button>
                  ),
              },
            ]),
      ]}
    />
  )
}
