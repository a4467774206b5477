import { App, Button, Form, InputNumber, Progress, Tag } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { StorageBoard } from '#contact-center/retention/storage-schema.ts'
import { useChange } from '../accounts/account-api.ts'
import { request } from '../api/request.ts'
import { ReasonedChange } from '../calling/reasoned-change.tsx'
import { i18n } from '../text/i18n.ts'
import { size } from './storage-api.ts'

type Thresholds = StorageBoard['thresholds']

const colors = { ok: 'green', low: 'gold', full: 'red' } as const
const statuses = { ok: 'success', low: 'normal', full: 'exception' } as const

/** The room there is, and below which room somebody is told and no call begins. */
export function DiskPanel({ board: { disks, thresholds } }: { readonly board: StorageBoard }) {
  const { t } = useTranslation()
  return (
    <section className="panel sheet" aria-labelledby="storage-disks">
      <h2 id="storage-disks">{t('storage.disks')}</h2>
      {disks.length === 0 && <p className="muted">{t('storage.noDisks')}</p>}
      {disks.map(({ node, place, state, freeBytes, totalBytes, daysLeft }) => (
        <div key={`${node} ${place}`} className="storage-disk" data-disk={place} data-state={state}>
          <b>{t(`storage.disk.${place}`)}</b> {new Set(disks.map((disk) => disk.node)).size > 1 && <span>{node}</span>}{' '}
          <Tag color={colors[state]}>{t(`storage.diskState.${state}`)}</Tag>
          <span className="number">{t('storage.free', { free: size(freeBytes), total: size(totalBytes) })}</span>
          <Progress
            aria-label={t(`storage.disk.${place}`)}
            percent={Math.round(100 * (1 - freeBytes / totalBytes))}
            status={statuses[state]}
            showInfo={false}
          />
          <p className="muted">
            {daysLeft === null ? t('storage.daysLeftUnknown') : t('storage.daysLeft', { days: daysLeft })}
          </p>
        </div>
      ))}
      <ThresholdForm key={JSON.stringify(thresholds)} thresholds={thresholds} />
    </section>
  )
}

function ThresholdForm({ thresholds }: { readonly thresholds: Thresholds }) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const [form] = Form.useForm<Thresholds>()
  const typed = Form.useWatch([], form)
  const [wished, setWished] = useState<Thresholds | null>(null)
  const saving = useChange(
    (wish: { readonly thresholds: Thresholds; readonly reason: string }) =>
      request('/api/storage/thresholds', { method: 'PUT', body: wish }),
    ['storage'],
    {
      onSuccess: () => {
        setWished(null)
        void message.success(t('storage.thresholdsSaved'))
      },
    },
  )
  const isOther = typed !== undefined && JSON.stringify({ ...thresholds, ...typed }) !== JSON.stringify(thresholds)
  const between = (min: number, max: number) => ({
    required: true,
    type: 'number' as const,
    min,
    max,
    message: t('storage.atLeastNumber', { min, max }),
  })
  const gb = { suffix: 'GB', style: { width: 130 } }
  return (
    <Form form={form} layout="vertical" requiredMark={false} initialValues={thresholds} onFinish={setWished}>
      <div className="storage-fields">
        <Form.Item name="warnGb" label={t('storage.warnGb')} rules={[between(1, 100_000)]}>
          <InputNumber {...gb} />
        </Form.Item>
        <Form.Item name="warnPercent" label={t('storage.warnPercent')} rules={[between(0, 50)]}>
          <InputNumber suffix="%" style={{ width: 130 }} />
        </Form.Item>
        <Form.Item
          name="stopGb"
          label={t('storage.stopGb')}
          dependencies={['warnGb']}
          rules={[between(0.2, 1_000), notAboveWarn]}
        >
          <InputNumber {...gb} />
        </Form.Item>
      </div>
      <p className="muted">{t('storage.stopText')}</p>
      <Button htmlType="submit" disabled={!isOther}>
        {t('storage.saveThresholds')}
      </Button>
      {wished !== null && (
        <ReasonedChange
          title={t('storage.thresholdsTitle')}
          okText={t('storage.saveOk')}
          hint={t('storage.stopText')}
          sending={saving}
          onReason={(reason) => saving.mutate({ thresholds: wished, reason })}
          onClose={() => setWished(null)}
        />
      )}
    </Form>
  )
}

const notAboveWarn = ({ getFieldValue }: { getFieldValue(name: string): number | null }) => ({
  validator: (_rule: unknown, stop: number | null) =>
    stop === null || stop <= (getFieldValue('warnGb') ?? 0)
      ? Promise.resolve()
      : Promise.reject(new Error(i18n.t('storage.stopAboveWarn'))),
})
