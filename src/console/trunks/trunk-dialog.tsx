import { App, Form, Input, InputNumber, Radio, Select, Switch } from 'antd'
import { useTranslation } from 'react-i18next'
import type { TrunkWish } from '#contact-center/trunks/trunk-schema.ts'
import { useChange } from '../accounts/account-api.ts'
import { request } from '../api/request.ts'
import { FormDialog } from '../app/form-dialog.tsx'
import { NewerVersion } from '../app/newer-version.tsx'
import { useVersionedForm } from '../app/use-versioned-form.ts'
import type { Trunk } from './trunk-api.ts'

interface Fields extends Omit<TrunkWish, 'credentials'> {
  readonly secret: 'keep' | 'set' | 'none'
  readonly username?: string
  readonly password?: string
}

/** A new trunk, or one that is changed. It exists while it asks. */
export function TrunkDialog({
  trunk,
  owned,
  onClose,
}: {
  readonly trunk: Trunk | null
  readonly owned: readonly string[]
  readonly onClose: () => void
}) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const [form] = Form.useForm<Fields>()
  const {
    typed: { secret },
    initial,
    version,
    newer,
  } = useVersionedForm(
    { version: trunk?.version ?? 0, fields: fieldsOf(trunk, owned) },
    { form, contentOf: (fields) => fields, put: (fields) => form.setFieldsValue(fields) },
  )
  const saving = useChange(
    (wish: TrunkWish) =>
      trunk === null
        ? request('/api/trunks', { method: 'POST', body: wish })
        : request(`/api/trunks/${trunk.id}`, { method: 'PUT', body: { basedOn: version, ...wish } }),
    ['trunks'],
    {
      onSuccess: () => {
        onClose()
        void message.success(t('setup.saved'))
      },
    },
  )
  const simulated = trunk?.kind === 'simulated'
  const please = { required: true, whitespace: true, message: t('setup.trunk.please') }
  const between = (type: 'integer' | 'number', min: number, max: number) => [
    { required: true, type, min, max, message: t('setup.trunk.between', { min, max }) },
  ]
  return (
    <FormDialog
      open
      title={trunk === null ? t('setup.trunk.add') : t('setup.trunk.change', { name: trunk.name })}
      hint={t('setup.trunk.dialogHint')}
      form={form}
      initialValues={initial}
      refused={newer !== null}
      sending={saving}
      onSend={({ secret: how, username = '', password = '', ...wish }) =>
        saving.mutate({
          ...wish,
          ...(how === 'keep' ? {} : { credentials: how === 'none' ? null : { username, password } }),
        })
      }
      onClose={onClose}
    >
      {newer !== null && (
        <NewerVersion newer={newer} change={trunk?.changed ?? null} linesOf={linesOf} onGoOn={() => saving.reset()} />
      )}
      <Form.Item name="name" label={t('setup.trunk.name')} rules={[please]}>
        <Input maxLength={60} autoComplete="off" autoFocus />
      </Form.Item>
      <div className="trunk-pair">
        <Form.Item name="host" label={t('setup.trunk.host')} extra={t('setup.trunk.hostHint')} rules={[please]}>
          <Input maxLength={253} autoComplete="off" disabled={simulated} />
        </Form.Item>
        <Form.Item name="port" label={t('setup.trunk.port')} rules={between('integer', 1, 65_535)}>
          <InputNumber precision={0} disabled={simulated} />
        </Form.Item>
      </div>
      <div className="trunk-pair">
        <Form.Item name="lines" label={t('setup.trunk.lines')} rules={between('integer', 1, 10_000)}>
          <InputNumber precision={0} />
        </Form.Item>
        <Form.Item name="callsPerSecond" label={t('setup.trunk.cps')} rules={between('number', 0.1, 1_000)}>
          <InputNumber />
        </Form.Item>
      </div>
      <Form.Item
        name="callerNumber"
        label={t('setup.trunk.caller')}
        extra={t('setup.trunk.callerHint')}
        rules={[{ required: true, message: t('setup.trunk.callerPlease') }]}
      >
        <Select disabled={simulated} options={owned.map((number) => ({ value: number, label: number }))} />
      </Form.Item>
      <Form.Item
        name="watched"
        label={t('setup.trunk.watched')}
        extra={t('setup.trunk.watchedHint')}
        valuePropName="checked"
      >
        <Switch disabled={simulated} />
      </Form.Item>
      {!simulated && (
        <Form.Item name="secret" label={t('setup.trunk.credentials')}>
          <Radio.Group
            options={[
              ...(trunk === null ? [] : [{ value: 'keep', label: t('setup.trunk.credentialsKeep') }]),
              { value: 'none', label: t('setup.trunk.credentialsNone') },
              { value: 'set', label: t('setup.trunk.credentialsSet') },
            ]}
          />
        </Form.Item>
      )}
      {simulated && <Form.Item name="secret" hidden />}
      {secret === 'set' && (
        <div className="trunk-pair">
          <Form.Item name="username" label={t('setup.trunk.username')} rules={[please]}>
            <Input maxLength={100} autoComplete="off" />
          </Form.Item>
          <Form.Item
            name="password"
            label={t('setup.trunk.password')}
            extra={t('setup.trunk.passwordHint')}
            rules={[please]}
          >
            <Input.Password maxLength={200} autoComplete="new-password" />
          </Form.Item>
        </div>
      )}
      <Form.Item
        name="reason"
        label={t('setup.reason')}
        rules={[{ required: true, whitespace: true, message: t('setup.reasonPlease') }]}
      >
        <Input maxLength={200} autoComplete="off" />
      </Form.Item>
    </FormDialog>
  )

  /** A password is shown to nobody, not even to who typed it. */
  function linesOf({ name, host, port, lines, callsPerSecond, callerNumber, watched, secret, username }: Fields) {
    const how = { keep: 'credentialsKeep', set: 'credentialsSet', none: 'credentialsNone' } as const
    const told = [
      ['name', 'name', name],
      ['host', 'host', host],
      ['port', 'port', port],
      ['lines', 'lines', lines],
      ['callsPerSecond', 'cps', callsPerSecond],
      ['callerNumber', 'caller', callerNumber],
      ['watched', 'watched', t(watched ? 'newer.yes' : 'newer.no')],
      ['secret', 'credentials', `${t(`setup.trunk.${how[secret]}`)} ${username ?? ''}`.trim()],
    ] as const
    return told.map(([key, label, text]) => ({ key, label: t(`setup.trunk.${label}`), text: String(text) }))
  }
}

function fieldsOf(trunk: Trunk | null, owned: readonly string[]): Fields {
  return {
    name: trunk?.name ?? '',
    host: trunk?.host ?? '',
    port: trunk?.port ?? 5060,
    lines: trunk?.lines ?? 30,
    callsPerSecond: trunk?.callsPerSecond ?? 5,
    callerNumber: trunk?.callerNumber ?? owned[0] ?? '',
    watched: trunk?.watched ?? true,
    secret: trunk === null ? 'none' : 'keep',
    reason: '',
  }
}
