import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { App, Button, Checkbox, Form, InputNumber, Radio, Select, Switch } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { CampaignBoard, CampaignSettings } from '#follow-up/dialling/campaign-settings-schema.ts'
import { useChange } from '../accounts/account-api.ts'
import { request } from '../api/request.ts'
import { NewerVersion } from '../app/newer-version.tsx'
import { Waiting } from '../app/page-states.tsx'
import { Trouble } from '../app/trouble.tsx'
import { useVersionedForm } from '../app/use-versioned-form.ts'
import { Periods } from '../calling/periods.tsx'
import { ReasonedChange } from '../calling/reasoned-change.tsx'
import { hoursText } from '../calling/rule-words.ts'
import { dateTime } from '../text/time.ts'
import { type CampaignFields, fieldsOf, settingsOf } from './campaign-fields.ts'
import { RetryTable } from './retry-table.tsx'
import { useSettingLines } from './setting-lines.ts'
import '../calling/calling.css'
import './campaign.css'

/** How and when one campaign is dialled. */
export function CampaignPage() {
  const { campaignId } = useParams({ from: '/inside/campaigns/$campaignId' })
  const board = useQuery({
    queryKey: ['campaign', campaignId],
    queryFn: ({ signal }) => request<CampaignBoard>(`/api/campaigns/${campaignId}/settings`, { signal }),
  })
  if (board.isPending) return <Waiting />
  if (board.data === undefined) return <Trouble error={board.error} onRetry={() => void board.refetch()} />
  return (
    <div className="stack">
      {board.isError && <Trouble error={board.error} onRetry={() => void board.refetch()} />}
      <SettingsForm key={campaignId} campaignId={campaignId} board={board.data} />
    </div>
  )
}

function SettingsForm({ campaignId, board }: { readonly campaignId: string; readonly board: CampaignBoard }) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const [form] = Form.useForm<CampaignFields>()
  const { typed, initial, version, isTyped, newer, hasSent } = useVersionedForm(
    { version: board.version, fields: fieldsOf(board) },
    { form, contentOf: settingsOf, put: (fields) => form.setFieldsValue(fields) },
  )
  const [wished, setWished] = useState<CampaignSettings | null>(null)
  const linesOf = useSettingLines(board)
  const saving = useChange(
    (wish: { readonly settings: CampaignSettings; readonly reason: string }) =>
      request(`/api/campaigns/${campaignId}/settings`, { method: 'PUT', body: { basedOn: version, ...wish } }),
    ['campaign', 'calling'],
    {
      onSuccess: (_answer, wish) => {
        setWished(null)
        hasSent(wish.settings)
        void message.success(t('setup.saved'))
      },
    },
  )
  const notice = newer !== null && (
    <NewerVersion
      newer={newer}
      change={board.changed}
      linesOf={linesOf}
      onGoOn={(carried) => {
        saving.reset()
        setWished(wished === null || carried === null ? null : settingsOf(carried))
      }}
    />
  )
  const trunk = board.trunks.find(({ id }) => id === typed.trunkId)
  const anyHour = typed.anyHour
  return (
    <>
      <div className="campaign-title">
        <h2>{board.name}</h2>
        <Link to="/">{t('setup.campaign.back')}</Link>
        <span className="fill" />
        <span className="muted">
          {board.changed !== null && (
            <>
              {t('setup.changed', { at: dateTime(board.changed.at), by: board.changed.by ?? '–' })}
              {board.changed.reason !== null && <> · {t('setup.changedReason', { reason: board.changed.reason })}</>}
            </>
          )}
        </span>
      </div>
      {wished === null && notice}
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={initial}
        onFinish={() => setWished(settingsOf({ ...initial, ...form.getFieldsValue(true) }))}
      >
        <div className="sheets">
          <div className="stack">
            <section className="panel sheet" aria-labelledby="campaign-way">
              <h2 id="campaign-way">{t('setup.campaign.way')}</h2>
              <p className="muted">{t('setup.campaign.text')}</p>
              <Form.Item name="trunkId" label={t('setup.campaign.trunk')}>
                <Select
                  options={board.trunks.map(({ id, name, callerNumber, enabled }) => ({
                    value: id,
                    label: enabled ? `${name} · ${callerNumber}` : t('setup.campaign.trunkOff', { name }),
                    disabled: !enabled && id !== initial.trunkId,
                  }))}
                />
              </Form.Item>
              <Form.Item name="pacing" label={t('setup.campaign.pacing')}>
                <Radio.Group
                  className="campaign-choice"
                  options={(['agentless', 'progressive', 'preview'] as const).map((pacing) => ({
                    value: pacing,
                    label: t(`setup.campaign.pacingWord.${pacing}`),
                  }))}
                />
              </Form.Item>
              <Form.Item name="teamId" label={t('setup.campaign.team')} extra={t('setup.campaign.teamHint')}>
                <Select
                  options={[
                    { value: '', label: t('setup.campaign.noTeam') },
                    ...board.teams.map(({ id, name }) => ({ value: id, label: name })),
                  ]}
                />
              </Form.Item>
              <Form.Item
                name="ringSeconds"
                label={t('setup.campaign.ring')}
                rules={[{ required: true, type: 'integer', min: 15, max: 60, message: t('setup.campaign.ringWrong') }]}
              >
                <InputNumber precision={0} suffix={t('setup.campaign.seconds')} style={{ width: 120 }} />
              </Form.Item>
              <Form.Item name="rating" valuePropName="checked" noStyle>
                <Checkbox>{t('setup.campaign.rating')}</Checkbox>
              </Form.Item>
            </section>
            <section className="panel sheet" aria-labelledby="campaign-hours">
              <h2 id="campaign-hours">{t('setup.campaign.hours')}</h2>
              <p className="muted number">
                {t('setup.campaign.hospitalHours', { hours: hoursText(board.hospital.periods) })}
              </p>
              {(trunk?.kind === 'simulated' || anyHour) && (
                <Form.Item name="anyHour" valuePropName="checked" label={t('setup.campaign.anyHour')}>
                  <Switch />
                </Form.Item>
              )}
              <Form.Item name="ownHours" valuePropName="checked" noStyle>
                <Checkbox disabled={anyHour}>{t('setup.campaign.ownHours')}</Checkbox>
              </Form.Item>
              {typed.ownHours && !anyHour && (
                <>
                  <Periods />
                  {(['holidays', 'weekends'] as const).map((kind) => (
                    <div className="calling-day" key={kind}>
                      <span id={`campaign-${kind}`}>{t(`setup.campaign.${kind}`)}</span>
                      <Form.Item name={kind} noStyle>
                        <Radio.Group
                          optionType="button"
                          aria-labelledby={`campaign-${kind}`}
                          options={[
                            { value: 'as_hospital', label: t('setup.campaign.asHospital') },
                            { value: 'closed', label: t('setup.campaign.closed') },
                          ]}
                        />
                      </Form.Item>
                    </div>
                  ))}
                </>
              )}
            </section>
          </div>
          <section className="panel sheet" aria-labelledby="campaign-retry">
            <h2 id="campaign-retry">{t('setup.campaign.retry')}</h2>
            <p className="muted">{t('setup.campaign.retryText')}</p>
            <Form.Item name="ownRetry">
              <Radio.Group
                options={[
                  { value: false, label: t('setup.campaign.asProgramme') },
                  { value: true, label: t('setup.campaign.ownRetry') },
                ]}
              />
            </Form.Item>
            <RetryTable own={typed.ownRetry === true} plan={board.programmeRetry} />
          </section>
        </div>
        <div className="calling-actions campaign-actions">
          <Button type="primary" htmlType="submit" disabled={!isTyped}>
            {t('setup.campaign.save')}
          </Button>
          <Button onClick={() => form.resetFields()} disabled={!isTyped}>
            {t('setup.campaign.reset')}
          </Button>
        </div>
      </Form>
      {wished !== null && (
        <ReasonedChange
          title={t('setup.campaign.confirm')}
          okText={t('calling.confirmOk')}
          hint={t('setup.campaign.text')}
          sending={saving}
          refused={newer !== null}
          onReason={(reason) => saving.mutate({ settings: wished, reason })}
          onClose={() => setWished(null)}
        >
          {notice}
        </ReasonedChange>
      )}
    </>
  )
}
