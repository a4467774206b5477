import { CheckOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Table } from 'antd'
import { useTranslation } from 'react-i18next'
import { Trouble } from '../app/trouble.tsx'
import { byRight, rightWord } from '../text/code-words.ts'
import { accountsQuery } from './account-api.ts'
import { roles } from './role-tags.tsx'

/** Which role allows what: as it is in the database, to be signed off by the hospital. */
export function RightsPanel() {
  const { t } = useTranslation()
  const { data, isPending, isError, error, refetch } = useQuery(accountsQuery)
  const matrix = data?.rights ?? {}
  const rights = [...new Set(Object.values(matrix).flat())].sort(byRight)
  return (
    <section className="panel" aria-label={t('accounts.tab.rights')}>
      {isError && <Trouble error={error} onRetry={() => void refetch()} />}
      <Table<{ right: string }>
        size="small"
        rowKey="right"
        loading={isPending}
        dataSource={rights.map((right) => ({ right }))}
        pagination={false}
        columns={[
          {
            title: t('accounts.right'),
            render: (_value, { right }) => (
              <>
                {rightWord(right)} <span className="muted">{right}</span>
              </>
            ),
          },
          ...roles.map((role) => ({
            title: t(`accounts.role.${role}`),
            width: 118,
            align: 'center' as const,
            render: (_value: unknown, { right }: { right: string }) =>
              matrix[role]?.includes(right) ? <CheckOutlined aria-label={t(`accounts.role.${role}`)} /> : null,
          })),
        ]}
      />
    </section>
  )
}
