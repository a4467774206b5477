import { Checkbox, Form, Input, Modal } from 'antd'
import { useTranslation } from 'react-i18next'
import type { AccountItem, Issued } from '#platform/auth/account-schema.ts'
import type { Role } from '#platform/auth/rights.ts'
import { request } from '../api/request.ts'
import { Trouble } from '../app/trouble.tsx'
import { useChange } from './account-api.ts'
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
    <Modal
      open={open}
      title={t('accounts.create')}
      okText={t('accounts.create')}
      cancelText={t('common.cancel')}
      confirmLoading={making.isPending}
      onOk={() => form.submit()}
      onCancel={onClose}
      afterClose={() => making.reset()}
      destroyOnHidden
    >
      <p className="muted">{t('accounts.createHint')}</p>
      <Form form={form} layout="vertical" preserve={false} requiredMark={false} onFinish={making.mutate}>
        <Form.Item
          name="signInName"
          label={t('accounts.signInName')}
          extra={t('accounts.signInNameHint')}
          rules={[{ required: true, pattern: namePattern, message: t('accounts.signInNameFault') }]}
        >
          <Input maxLength={40} autoComplete="off" autoFocus />
        </Form.Item>
        <NameField />
      </Form>
      {making.isError && <Trouble error={making.error} />}
    </Modal>
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
    <Modal
      open={account !== null}
      title={`${t('accounts.rename')} · ${account?.signInName ?? ''}`}
      okText={t('accounts.save')}
      cancelText={t('common.cancel')}
      confirmLoading={renaming.isPending}
      onOk={() => form.submit()}
      onCancel={onClose}
      afterClose={() => renaming.reset()}
      destroyOnHidden
    >
      <Form
        form={form}
        layout="vertical"
        preserve={false}
        requiredMark={false}
        initialValues={{ displayName: account?.displayName }}
        onFinish={renaming.mutate}
      >
        <NameField />
      </Form>
      {renaming.isError && <Trouble error={renaming.error} />}
    </Modal>
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
}: {
  readonly account: AccountItem | null
  readonly onClose: () => void
}) {
  const { t } = useTranslation()
  const [form] = Form.useForm<{ roles: Role[] }>()
  const chosen = Form.useWatch('roles', form) ?? []
  const granting = useChange(
    (draft: { roles: Role[] }) => request(`/api/accounts/${account?.id}/roles`, { method: 'PUT', body: draft }),
    ['accounts', 'teams'],
    { onSuccess: onClose },
  )
  return (
    <Modal
      open={account !== null}
      title={t('accounts.rolesOf', { name: account?.displayName ?? '' })}
      okText={t('accounts.save')}
      cancelText={t('common.cancel')}
      confirmLoading={granting.isPending}
      onOk={() => form.submit()}
      onCancel={onClose}
      afterClose={() => granting.reset()}
      destroyOnHidden
    >
      <p className="muted">{t('accounts.rolesHint')}</p>
      <Form
        form={form}
        preserve={false}
        initialValues={{ roles: account?.roles.filter(isRole) ?? [] }}
        onFinish={granting.mutate}
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
      </Form>
      {granting.isError && <Trouble error={granting.error} />}
    </Modal>
  )
}

/** As the server has it: two administrators, or the audit administrator and anything else. */
function areApart(one: Role, other: Role): boolean {
  return [one, other].includes('audit_admin') || (one.endsWith('_admin') && other.endsWith('_admin'))
}
