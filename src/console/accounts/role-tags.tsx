import { Tag } from 'antd'
import { useTranslation } from 'react-i18next'
import type { Role } from '#platform/auth/rights.ts'

export const roles = [
  'agent',
  'supervisor',
  'qa',
  'system_admin',
  'security_admin',
  'audit_admin',
] as const satisfies readonly Role[]

export function isRole(text: string): text is Role {
  return roles.some((role) => role === text)
}

export function RoleTags({ roles: held }: { readonly roles: readonly string[] }) {
  const { t } = useTranslation()
  return (
    <>
      {held.map((role) => (
        <Tag key={role} color={role.endsWith('_admin') ? 'purple' : 'cyan'}>
          {isRole(role) ? t(`accounts.role.${role}`) : role}
        </Tag>
      ))}
    </>
  )
}
