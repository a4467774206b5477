import { useTranslation } from 'react-i18next'
import { useChange } from '../accounts/account-api.ts'
import { request } from '../api/request.ts'
import { ReasonedChange } from '../calling/reasoned-change.tsx'
import type { Trunk } from './trunk-api.ts'

/** Off, or on again, with the reason. */
export function SwitchDialog({
  trunk: { id, name, enabled },
  onClose,
}: {
  readonly trunk: Trunk
  readonly onClose: () => void
}) {
  const { t } = useTranslation()
  const command = enabled ? 'disable' : 'enable'
  const sending = useChange(
    (reason: string) => request(`/api/trunks/${id}/${command}`, { method: 'POST', body: { reason } }),
    ['trunks'],
    { onSuccess: onClose },
  )
  return (
    <ReasonedChange
      title={`${t(`setup.trunk.${command}`)} ${name}`}
      okText={t(`setup.trunk.${command}`)}
      hint={t(`setup.trunk.${command}Text`)}
      sending={sending}
      onReason={sending.mutate}
      onClose={onClose}
    />
  )
}
