import { LockOutlined, UserOutlined } from '@ant-design/icons'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Alert, Button, Form, Input } from 'antd'
import { useTranslation } from 'react-i18next'
import { sessionChanged, signIn } from '../api/session.ts'
import { Trouble } from '../app/trouble.tsx'
import { isPhoneUp } from '../softphone/page-phone.ts'
import { SignInFrame } from './sign-in-frame.tsx'

export function SignInPage() {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const { back } = useSearch({ from: '/sign-in' })
  const entering = useMutation({
    mutationFn: signIn,
    onSuccess: async (session) => {
      sessionChanged(queryClient, session)
      await navigate({ href: session.mustChangePassword ? '/password' : (back ?? '/') })
    },
  })
  return (
    <SignInFrame title={t('signIn.title')}>
      {isPhoneUp() && (
        <Alert
          type="warning"
          showIcon
          role="alert"
          data-phone-notice="session_expired"
          title={t('phone.expired')}
          description={t('phone.expiredNext')}
          style={{ marginBottom: 16 }}
        />
      )}
      <Form layout="vertical" size="large" requiredMark={false} onFinish={entering.mutate}>
        <Form.Item name="name" label={t('signIn.name')} rules={[{ required: true, message: t('signIn.namePlease') }]}>
          <Input prefix={<UserOutlined aria-hidden />} autoComplete="username" autoFocus maxLength={100} />
        </Form.Item>
        <Form.Item
          name="password"
          label={t('signIn.password')}
          rules={[{ required: true, message: t('signIn.passwordPlease') }]}
        >
          <Input.Password prefix={<LockOutlined aria-hidden />} autoComplete="current-password" maxLength={200} />
        </Form.Item>
        {entering.isError && (
          <Form.Item>
            <Trouble error={entering.error} />
          </Form.Item>
        )}
        <Button type="primary" htmlType="submit" block loading={entering.isPending}>
          {t('signIn.submit')}
        </Button>
      </Form>
    </SignInFrame>
  )
}
