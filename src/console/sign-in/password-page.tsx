import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Alert, App, Button, Form, Input } from 'antd'
import { useTranslation } from 'react-i18next'
import { RefusedError } from '../api/request.ts'
import { changePassword, type PasswordChange, sessionQuery } from '../api/session.ts'
import { Trouble } from '../app/trouble.tsx'
import { i18n } from '../text/i18n.ts'
import { SignInFrame } from './sign-in-frame.tsx'

const faults = ['too_short', 'too_long', 'too_few_classes', 'holds_name', 'too_common', 'repeated'] as const

/** The rules that the new password breaks, named as this page names them. */
function inWords(error: unknown, say: (fault: (typeof faults)[number]) => string): unknown {
  if (!(error instanceof RefusedError) || error.code !== 'PASSWORD_TOO_WEAK') return error
  const { rules } = error.params
  const broken = faults.filter((fault) => Array.isArray(rules) && rules.includes(fault))
  const { code, message, requestId, status } = error
  return new RefusedError(
    { code, message, requestId, next: broken.map(say).join(i18n.language === 'zh' ? '、' : ', ') },
    status,
  )
}

export function PasswordPage() {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const { data: session } = useQuery(sessionQuery)
  const changing = useMutation({
    mutationFn: ({ present, next, startCode }: PasswordChange) =>
      changePassword({ present, next, ...(startCode === undefined ? {} : { startCode }) }),
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
      <Form layout="vertical" className="password-form" requiredMark={false} onFinish={changing.mutate}>
        <input type="text" autoComplete="username" value={session?.signInName ?? ''} readOnly hidden />
        <Form.Item name="present" label={t('password.present')} rules={[required]}>
          <Input.Password autoComplete="current-password" autoFocus maxLength={200} />
        </Form.Item>
        {session?.needsStartCode && (
          <Form.Item
            name="startCode"
            label={t('password.startCode')}
            extra={t('password.startCodeHint')}
            rules={[required]}
          >
            <Input autoComplete="off" maxLength={40} />
          </Form.Item>
        )}
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
            <Trouble error={inWords(changing.error, (fault) => t(`password.fault.${fault}`))} />
          </Form.Item>
        )}
        <Button type="primary" htmlType="submit" block loading={changing.isPending}>
          {t('password.submit')}
        </Button>
      </Form>
    </SignInFrame>
  )
}
