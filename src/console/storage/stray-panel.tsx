import { App, Button, Table } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { StorageBoard, StrayItem } from '#contact-center/retention/storage-schema.ts'
import { useChange } from '../accounts/account-api.ts'
import { request } from '../api/request.ts'
import { ReasonedChange } from '../calling/reasoned-change.tsx'
import { count, dateTime } from '../text/time.ts'
import { size } from './storage-api.ts'

/** Files among the recordings that no call knows of, and a person's decision that one may go. */
export function StrayPanel({ strays }: { readonly strays: StorageBoard['strays'] }) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const [chosen, setChosen] = useState<StrayItem | null>(null)
  const removing = useChange(
    ({ id, reason }: { readonly id: string; readonly reason: string }) =>
      request(`/api/storage/strays/${id}/remove`, { method: 'POST', body: { reason } }),
    ['storage'],
    {
      onSuccess: () => {
        setChosen(null)
        void message.success(t('storage.strayRemoved'))
      },
    },
  )
  return (
    <section className="panel sheet" aria-labelledby="storage-strays">
      <h2 id="storage-strays">{t('storage.strays')}</h2>
      <p className="muted">{t('storage.straysText', { total: count(strays.count) })}</p>
      <Table<StrayItem>
        size="medium"
        rowKey="id"
        dataSource={[...strays.first]}
        pagination={false}
        onRow={({ name }) => ({ 'data-stray': name }) as object}
        columns={[
          { title: t('storage.strayName'), dataIndex: 'name', className: 'number' },
          {
            title: t('storage.strayCause'),
            dataIndex: 'cause',
            render: (cause: StrayItem['cause']) => t(`storage.causes.${cause}`),
          },
          { title: t('storage.size'), dataIndex: 'bytes', className: 'number', render: size },
          { title: t('storage.modifiedAt'), dataIndex: 'modifiedAt', className: 'number', render: dateTime },
          {
            render: (_value, stray) => (
              <Button size="small" onClick={() => setChosen(stray)}>
                {t('storage.removeStray')}
              </Button>
            ),
          },
        ]}
      />
      {chosen !== null && (
        <ReasonedChange
          title={t('storage.removeStrayTitle')}
          okText={t('storage.removeStrayOk')}
          hint={t('storage.removeStrayHint')}
          sending={removing}
          onReason={(reason) => removing.mutate({ id: chosen.id, reason })}
          onClose={() => setChosen(null)}
        >
          <p className="number">
            <b>{chosen.name}</b> {size(chosen.bytes)}
          </p>
        </ReasonedChange>
      )}
    </section>
  )
}
