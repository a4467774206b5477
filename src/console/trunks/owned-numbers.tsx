import { DeleteOutlined } from '@ant-design/icons'
import { Button, Form, Input } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useChange } from '../accounts/account-api.ts'
import { request } from '../api/request.ts'
import { ReasonedChange } from '../calling/reasoned-change.tsx'

/** What patients may be shown: changed with a reason, one number at a time. */
export function OwnedNumbers({ owned }: { readonly owned: readonly string[] }) {
  const { t } = useTranslation()
  const [form] = Form.useForm<{ number: string }>()
  const [wished, setWished] = useState<readonly string[] | null>(null)
  const saving = useChange(
    (wish: { readonly numbers: readonly string[]; readonly reason: string }) =>
      request('/api/owned-numbers', { method: 'PUT', body: wish }),
    ['trunks'],
    {
      onSuccess: () => {
        setWished(null)
        form.resetFields()
      },
    },
  )
  return (
    <section className="panel sheet" aria-labelledby="owned">
      <h2 id="owned">{t('setup.owned.title')}</h2>
      <p className="muted">{t('setup.owned.text')}</p>
      {owned.length === 0 && <p role="status">{t('setup.owned.none')}</p>}
      <ul className="owned-numbers number">
        {owned.map((number) => (
          <li key={number}>
            {number}
            <Button
              type="text"
              icon={<DeleteOutlined aria-hidden />}
              aria-label={t('setup.owned.remove', { number })}
              onClick={() => setWished(owned.filter((one) => one !== number))}
            />
          </li>
        ))}
      </ul>
      <Form
        name="owned"
        form={form}
        layout="inline"
        onFinish={({ number }) => setWished([...new Set([...owned, number.trim()])])}
      >
        <Form.Item
          name="number"
          rules={[{ required: true, pattern: /^\s*\+?\d{3,20}\s*$/, message: t('setup.owned.wrong') }]}
        >
          <Input maxLength={24} aria-label={t('setup.owned.addLabel')} placeholder="07522288288" autoComplete="off" />
        </Form.Item>
        <Button htmlType="submit">{t('setup.owned.add')}</Button>
      </Form>
      {wished !== null && (
        <ReasonedChange
          title={t('setup.owned.confirm')}
          okText={t('calling.confirmOk')}
          hint={t('setup.owned.becomes', { numbers: wished.join('、') || '–' })}
          sending={saving}
          onReason={(reason) => saving.mutate({ numbers: wished, reason })}
          onClose={() => setWished(null)}
        />
      )}
    </section>
  )
}
