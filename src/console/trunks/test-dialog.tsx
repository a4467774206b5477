import { Alert, Button, Form, Input, Modal } from 'antd'
import { useTranslation } from 'react-i18next'
import type { TestTold, TrunkReplyTold } from '#contact-center/trunks/trunk-schema.ts'
import { useChange } from '../accounts/account-api.ts'
import { request } from '../api/request.ts'
import { Trouble } from '../app/trouble.tsx'
import { word } from '../text/word.ts'
import type { Trunk } from './trunk-api.ts'

/** Is somebody there, and does a call arrive: what came back, in plain words and in the network's. */
export function TestDialog({ trunk: { id, name }, onClose }: { readonly trunk: Trunk; readonly onClose: () => void }) {
  const { t } = useTranslation()
  const asking = useChange(() => request<TrunkReplyTold>(`/api/trunks/${id}/ask`, { method: 'POST' }), ['trunks'])
  const calling = useChange(
    (number: string) => request<TestTold>(`/api/trunks/${id}/test`, { method: 'POST', body: { number } }),
    ['trunks'],
  )
  return (
    <Modal open title={t('setup.trunk.testTitle', { name })} footer={null} onCancel={onClose} destroyOnHidden>
      <div className="stack">
        <Button loading={asking.isPending} onClick={() => asking.mutate(undefined)} autoFocus>
          {t('setup.trunk.ask')}
        </Button>
        {asking.data !== undefined && !asking.isPending && <Reply reply={asking.data} />}
        {asking.isError && <Trouble error={asking.error} />}
        <Form name="test" layout="vertical" requiredMark={false} onFinish={({ number }) => calling.mutate(number)}>
          <p className="muted">{t('setup.trunk.callText')}</p>
          <Form.Item
            name="number"
            label={t('setup.trunk.number')}
            rules={[{ required: true, whitespace: true, min: 3, message: t('setup.trunk.numberPlease') }]}
          >
            <Input maxLength={30} autoComplete="off" />
          </Form.Item>
          <Button type="primary" htmlType="submit" loading={calling.isPending}>
            {t('setup.trunk.call')}
          </Button>
        </Form>
        {calling.isPending && <p role="status">{t('setup.trunk.calling')}</p>}
        {calling.data !== undefined && !calling.isPending && <Told told={calling.data} />}
        {calling.isError && <Trouble error={calling.error} />}
      </div>
    </Modal>
  )
}

function Reply({ reply: { reply, sipStatus, ms } }: { readonly reply: TrunkReplyTold }) {
  const { t } = useTranslation()
  const type = ({ answered: 'success', silent: 'error', unasked: 'warning' } as const)[reply]
  const title = t(`setup.trunk.asked.${reply}`, { status: sipStatus ?? '–', ms })
  return <Alert type={type} showIcon role="status" data-reply={reply} title={title} />
}

function Told({ told: { fault, sipStatus, q850 } }: { readonly told: TestTold }) {
  const { t } = useTranslation()
  return (
    <Alert
      type={fault === null ? 'success' : 'error'}
      showIcon
      role="status"
      data-fault={fault ?? 'none'}
      title={fault === null ? t('setup.trunk.reached') : word('fault', fault)}
      description={t('setup.trunk.signal', { sip: sipStatus ?? '–', q850: q850 ?? '–' })}
    />
  )
}
