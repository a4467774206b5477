import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Alert, App, Button, Form, Input } from 'antd'
import { useTranslation } from 'react-i18next'
import { changePassword, sessionQuery } from '../api/session.ts'
import { Trouble } from '../app/trouble.tsx'
import { SignInFrame } from './sign-in-frame.tsx'

export function PasswordPage() {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const { data: session } = useQuery(sessionQuery)
  const changing = useMutation({
    mutationFn: ({ present, next }: { present: string; next: string }) => changePassword({ present, next }),
    onSuccess: async (changed) => {
      queryClient.setQueryData(sessionQuery.queryKey, changed)
      void message.success(t('password.done'))
      await navigate({ to: '/' })
    },
  })
  const required = { required: true, message: t('password.please') }
  return (
    <SignInFrame title={t('password.title')}>
      {session?.mustChangePassword && (
        <Alert type="info" showIcon title={t('password.first')} style={{ marginBottom: 18 }} />
      )}
      <Form layout="vertical" size="large" requiredMark={false} onFinish={changing.mutate}>
        <input type="text" autoComplete="username" value={session?.signInName ?? ''} readOnly hidden />
        <Form.Item name="present" label={t('password.present')} rules={[required]}>
          <Input.Password autoComplete="current-password" autoFocus maxLength={200} />
        </Form.Item>
        <Form.Item name="next" label={t('password.next')} rules={[required]}>
          <Input.Password autoComplete="new-password" maxLength={200} />
        </Form.Item>
        <Form.Item
          name="again"
          label={t('password.again')}
          dependencies={['next']}
          rules={[
            required,
            ({ getFieldValue }) => ({
              validator: (_rule, value) =>
                value === undefined || value === '' || value === getFieldValue('next')
                  ? Promise.resolve()
                  : Promise.reject(new Error(t('password.mismatch'))),
            }),
          ]}
        >
          <Input.Password autoComplete="new-password" maxLength={200} />
        </Form.Item>
        <ul className="rules" aria-label={t('password.rulesTitle')}>
          <li>{t('password.rule.length', { length: session?.passwordLength ?? 8 })}</li>
          <li>{t('password.rule.classes')}</li>
          <li>{t('password.rule.name')}</li>
          <li>{t('password.rule.history')}</li>
        </ul>
        {changing.isError && (
          <Form.Item>
            <Trouble error={changing.error} />
          </Form.Item>
        )}
        <Button type="primary" htmlType="submit" block loading={changing.isPending}>
          {t('password.submit')}
        </Button>
      </Form>
    </SignInFrame>
  )
}
