import { Checkbox, Form, Input } from 'antd'
import { useTranslation } from 'react-i18next'
import type { AccountItem, Issued, StartCodeTold } from '#platform/auth/account-schema.ts'
import type { Role } from '#platform/auth/rights.ts'
import { request } from '../api/request.ts'
import { useChange } from './account-api.ts'
import { FormDialog } from '../app/form-dialog.tsx'
import { isRole, roles } from './role-tags.tsx'

/** The server's rule, so that a fault is told before it is sent. */
const namePattern = /^[\p{L}\p{N}][\p{L}\p{N}._-]{1,39}$/u

export function CreateDialog({
  open,
  onClose,
  onMade,
}: {
  readonly open: boolean
  readonly onClose: () => void
  readonly onMade: (name: string, issued: Issued) => void
}) {
  const { t } = useTranslation()
  const [form] = Form.useForm<{ signInName: string; displayName: string }>()
  const making = useChange(
    (draft: { signInName: string; displayName: string }) =>
      request<Issued>('/api/accounts', { method: 'POST', body: draft }),
    ['accounts'],
    { onSuccess: (issued, { signInName }) => onMade(signInName, issued) },
  )
  return (
    <FormDialog
      open={open}
      title={t('accounts.create')}
      okText={t('accounts.create')}
      hint={t('accounts.createHint')}
      form={form}
      sending={making}
      onSend={making.mutate}
      onClose={onClose}
    >
      <Form.Item
        name="signInName"
        label={t('accounts.signInName')}
        extra={t('accounts.signInNameHint')}
        rules={[{ required: true, pattern: namePattern, message: t('accounts.signInNameFault') }]}
      >
        <Input maxLength={40} autoComplete="off" autoFocus />
      </Form.Item>
      <NameField />
    </FormDialog>
  )
}

export function RenameDialog({
  account,
  onClose,
}: {
  readonly account: AccountItem | null
  readonly onClose: () => void
}) {
  const { t } = useTranslation()
  const [form] = Form.useForm<{ displayName: string }>()
  const renaming = useChange(
    (draft: { displayName: string }) => request(`/api/accounts/${account?.id}`, { method: 'PUT', body: draft }),
    ['accounts', 'teams'],
    { onSuccess: onClose },
  )
  return (
    <FormDialog
      open={account !== null}
      title={`${t('accounts.rename')} · ${account?.signInName ?? ''}`}
      form={form}
      initialValues={{ displayName: account?.displayName }}
      sending={renaming}
      onSend={renaming.mutate}
      onClose={onClose}
    >
      <NameField />
    </FormDialog>
  )
}

function NameField() {
  const { t } = useTranslation()
  return (
    <Form.Item
      name="displayName"
      label={t('accounts.name')}
      rules={[{ required: true, whitespace: true, message: t('password.please') }]}
    >
      <Input maxLength={60} autoComplete="off" />
    </Form.Item>
  )
}

export function RolesDialog({
  account,
  onClose,
  onGiven,
}: {
  readonly account: AccountItem | null
  readonly onClose: () => void
  /** @param startCode what its person needs to begin; null: nothing */
  readonly onGiven: (account: AccountItem, startCode: string | null) => void
}) {
  const { t } = useTranslation()
  const [form] = Form.useForm<{ roles: Role[] }>()
  const chosen = Form.useWatch('roles', form) ?? []
  const granting = useChange(
    (draft: { roles: Role[] }) =>
      request<StartCodeTold>(`/api/accounts/${account?.id}/roles`, { method: 'PUT', body: draft }),
    ['accounts', 'teams'],
    { onSuccess: ({ startCode }) => account !== null && onGiven(account, startCode) },
  )
  return (
    <FormDialog
      open={account !== null}
      title={t('accounts.rolesOf', { name: account?.displayName ?? '' })}
      hint={t('accounts.rolesHint')}
      form={form}
      initialValues={{ roles: account?.roles.filter(isRole) ?? [] }}
      sending={granting}
      onSend={granting.mutate}
      onClose={onClose}
    >
      <Form.Item name="roles">
        <Checkbox.Group
          className="role-choice"
          options={roles.map((role) => ({
            value: role,
            label: t(`accounts.role.${role}`),
            disabled: !chosen.includes(role) && chosen.some((held) => areApart(held, role)),
          }))}
        />
      </Form.Item>
    </FormDialog>
  )
}

/** As the server has it: two administrators, or the audit administrator and anything else. */
function areApart(one: Role, other: Role): boolean {
  return [one, other].includes('audit_admin') || (one.endsWith('_admin') && other.endsWith('_admin'))
}
