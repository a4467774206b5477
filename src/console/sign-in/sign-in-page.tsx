import { LockOutlined, UserOutlined } from '@ant-design/icons'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Alert, Button, Form, Input } from 'antd'
import { useTranslation } from 'react-i18next'
import { deviceName } from '../accounts/device-name.ts'
import { RefusedError } from '../api/request.ts'
import { type Credentials, sessionChanged, signIn } from '../api/session.ts'
import { Trouble } from '../app/trouble.tsx'
import { isPhoneUp } from '../softphone/page-phone.ts'
import { dateTime } from '../text/time.ts'
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
  const elsewhere =
    entering.error instanceof RefusedError && entering.error.code === 'SESSION_ELSEWHERE' ? entering.error : null
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
      <Form
        layout="vertical"
        size="large"
        requiredMark={false}
        onFinish={(credentials: Credentials) => entering.mutate(credentials)}
      >
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
            {elsewhere === null ? (
              <Trouble error={entering.error} />
            ) : (
              <Elsewhere
                refusal={elsewhere}
                onTakeOver={() =>
                  entering.variables !== undefined && entering.mutate({ ...entering.variables, takeOver: true })
                }
              />
            )}
          </Form.Item>
        )}
        <Button type="primary" htmlType="submit" block loading={entering.isPending}>
          {t('signIn.submit')}
        </Button>
      </Form>
    </SignInFrame>
  )
}

/** One account, one session: which one it is, and that signing in here ends it. */
function Elsewhere({ refusal, onTakeOver }: { readonly refusal: RefusedError; readonly onTakeOver: () => void }) {
  const { t } = useTranslation()
  const told = (key: string) => {
    const value = refusal.params[key]
    return typeof value === 'string' ? value : ''
  }
  return (
    <Alert
      type="warning"
      showIcon
      role="alert"
      title={t('signIn.elsewhere')}
      description={
        <>
          <p>
            {t('signIn.elsewhereAt', {
              device: deviceName(told('userAgent')) ?? t('accounts.unknownDevice'),
              ip: told('ip'),
              since: dateTime(told('since')),
              lastSeenAt: dateTime(told('lastSeenAt')),
            })}
          </p>
          <p>{t('signIn.elsewhereText')}</p>
          <Button onClick={onTakeOver}>{t('signIn.takeOver')}</Button>
        </>
      }
    />
  )
}
