import { Alert, Form, Input, Radio, Select } from 'antd'
import { useTranslation } from 'react-i18next'
import type { PhoneWish, TeamItem, TeamPerson } from '#contact-center/teams/team-schema.ts'
import { request } from '../api/request.ts'
import { dateTime } from '../text/time.ts'
import { useChange } from './account-api.ts'
import { FormDialog } from '../app/form-dialog.tsx'

export function TeamNameDialog({
  open,
  team,
  onClose,
}: {
  readonly open: boolean
  /** Null: a new one. */
  readonly team: TeamItem | null
  readonly onClose: () => void
}) {
  const { t } = useTranslation()
  const [form] = Form.useForm<{ name: string }>()
  const naming = useChange(
    (draft: { name: string }) =>
      team === null
        ? request('/api/teams', { method: 'POST', body: draft })
        : request(`/api/teams/${team.id}`, { method: 'PUT', body: draft }),
    ['teams'],
    { onSuccess: onClose },
  )
  return (
    <FormDialog
      open={open}
      title={t(team === null ? 'accounts.newTeam' : 'accounts.renameTeam')}
      form={form}
      initialValues={{ name: team?.name }}
      sending={naming}
      onSend={naming.mutate}
      onClose={onClose}
    >
      <Form.Item
        name="name"
        label={t('accounts.teamName')}
        rules={[{ required: true, whitespace: true, message: t('password.please') }]}
      >
        <Input maxLength={60} autoComplete="off" autoFocus />
      </Form.Item>
    </FormDialog>
  )
}

interface Placing {
  readonly userId: string
  readonly agentNo: string
  readonly teamId: string
}

/** Puts somebody into a team, or changes number and team of who is in one. */
export function MemberDialog({
  team,
  person,
  teams,
  people,
  onClose,
}: {
  readonly team: TeamItem | null
  readonly person: TeamPerson | null
  readonly teams: readonly TeamItem[]
  readonly people: readonly TeamPerson[]
  readonly onClose: () => void
}) {
  const { t } = useTranslation()
  const [form] = Form.useForm<Placing>()
  const placing = useChange(
    ({ userId, agentNo, teamId }: Placing) =>
      request(`/api/agents/${userId}`, { method: 'PUT', body: { agentNo: agentNo.trim(), teamId } }),
    ['teams'],
    { onSuccess: onClose },
  )
  const free = people.filter(({ teamId }) => teamId === null)
  return (
    <FormDialog
      open={team !== null}
      title={person === null ? t('accounts.addMember') : `${t('accounts.move')} · ${person.name}`}
      form={form}
      initialValues={{ userId: person?.id, agentNo: person?.agentNo ?? undefined, teamId: team?.id }}
      sending={placing}
      onSend={placing.mutate}
      onClose={onClose}
    >
      <Form.Item
        name="userId"
        label={t('accounts.person')}
        hidden={person !== null}
        rules={[{ required: true, message: t('password.please') }]}
      >
        <Select
          showSearch={{ optionFilterProp: 'label' }}
          notFoundContent={t('accounts.nobody')}
          options={(person === null ? free : [person]).map(({ id, name, signInName }) => ({
            value: id,
            label: `${name} (${signInName})`,
          }))}
        />
      </Form.Item>
      <Form.Item
        name="agentNo"
        label={t('accounts.agentNo')}
        rules={[{ required: true, whitespace: true, message: t('password.please') }]}
      >
        <Input maxLength={20} autoComplete="off" />
      </Form.Item>
      <Form.Item name="teamId" label={t('accounts.team')}>
        <Select options={teams.map(({ id, name }) => ({ value: id, label: name }))} />
      </Form.Item>
    </FormDialog>
  )
}

/** What goes into a desk phone. */
interface IssuedPhone {
  readonly extension: string
  readonly secret: string
}

export function PhoneDialog({
  person,
  needsWord,
  onClose,
  onIssued,
}: {
  readonly person: TeamPerson | null
  /** A desk phone takes the security administrator's word. */
  readonly needsWord: boolean
  readonly onClose: () => void
  readonly onIssued: (issued: IssuedPhone | null) => void
}) {
  const { t } = useTranslation()
  const [form] = Form.useForm<{ kind: PhoneWish['kind']; extension?: string }>()
  const kind = Form.useWatch('kind', form)
  const issuing = useChange(
    (wish: PhoneWish) =>
      request<{ phone: IssuedPhone | null }>(`/api/agents/${person?.id}/phone`, { method: 'POST', body: wish }),
    ['teams'],
    { onSuccess: ({ phone }) => onIssued(phone) },
  )
  const allowedUntil = person?.phoneAllowedUntil ?? null
  const desk = person?.phone?.kind === 'desk' ? person.phone.extension : undefined
  return (
    <FormDialog
      open={person !== null}
      title={`${t('accounts.setPhone')} · ${person?.name ?? ''}`}
      form={form}
      initialValues={{ kind: desk === undefined ? 'browser' : 'desk', extension: desk }}
      sending={issuing}
      onSend={({ kind: chosen, extension = '' }) =>
        issuing.mutate(chosen === 'desk' ? { kind: 'desk', extension: extension.trim() } : { kind: 'browser' })
      }
      onClose={onClose}
    >
      <Form.Item name="kind" label={t('accounts.phoneKind')}>
        <Radio.Group
          vertical
          options={[
            { value: 'browser', label: t('accounts.kindBrowser') },
            { value: 'desk', label: t('accounts.kindDesk') },
          ]}
        />
      </Form.Item>
      {kind === 'desk' && needsWord && (
        <Alert
          type={allowedUntil === null ? 'warning' : 'info'}
          showIcon
          style={{ marginBottom: 16 }}
          title={
            allowedUntil === null
              ? t('accounts.phoneWord')
              : t('accounts.phoneWordGiven', { until: dateTime(allowedUntil).slice(11) })
          }
        />
      )}
      {kind === 'desk' && (
        <Form.Item
          name="extension"
          label={t('accounts.extension')}
          rules={[{ required: true, pattern: /^\d{2,10}$/, message: t('accounts.extensionFault') }]}
        >
          <Input maxLength={10} inputMode="numeric" autoComplete="off" />
        </Form.Item>
      )}
    </FormDialog>
  )
}
