import { CheckOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Table } from 'antd'
import { useTranslation } from 'react-i18next'
import { Trouble } from '../app/trouble.tsx'
import { zh } from '../text/zh.ts'
import { accountsQuery } from './account-api.ts'
import { roles } from './role-tags.tsx'

type RightName = keyof typeof zh.accounts.rightOf

/** Which role allows what: as it is in the database, to be signed off by the hospital. */
export function RightsPanel() {
  const { t } = useTranslation()
  const { data, isPending, isError, error, refetch } = useQuery(accountsQuery)
  const matrix = data?.rights ?? {}
  const rights = [...new Set(Object.values(matrix).flat())].sort(
    (one, other) => placeOf(one) - placeOf(other) || one.localeCompare(other),
  )
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
                {isKnown(right) ? t(`accounts.rightOf.${right}`) : right} <span className="muted">{right}</span>
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

const known: readonly string[] = Object.keys(zh.accounts.rightOf)

function isKnown(right: string): right is RightName {
  return known.includes(right)
}

function placeOf(right: string): number {
  return isKnown(right) ? known.indexOf(right) : known.length
}
