import { AudioMutedOutlined, AudioOutlined, CustomerServiceOutlined, SettingOutlined } from '@ant-design/icons'
import { Button, Popover } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { shortcutKeys, useShortcuts } from '../seat/shortcuts.ts'
import { DevicePanel } from './device-panel.tsx'
import type { SeatPhone, SeatPhoneView } from './seat-phone.ts'
import './softphone.css'

/** The page's telephone in one line: whether the leg is up, whether one is heard, and its devices. */
export function PhoneMark({ phone, view }: { readonly phone: SeatPhone; readonly view: SeatPhoneView }) {
  const { t } = useTranslation()
  const [shown, setShown] = useState(false)
  const { link, sends } = view
  return (
    <span className="page-phone" data-link={link} data-sends={sends}>
      <span className="page-phone-link" role="status">
        <CustomerServiceOutlined aria-hidden />
        {t('phone.name')} <b>{t(`phone.link.${link}`)}</b>
      </span>
      <MuteButton phone={phone} view={view} />
      <Popover
        open={shown}
        onOpenChange={setShown}
        trigger="click"
        placement="bottom"
        destroyOnHidden
        title={t('phone.devices')}
        content={<DevicePanel phone={phone} view={view} />}
      >
        <Button
          type="text"
          icon={<SettingOutlined aria-hidden />}
          aria-label={t('phone.devices')}
          title={t('phone.devices')}
        />
      </Popover>
    </span>
  )
}

function MuteButton({ phone, view: { link, muted } }: { readonly phone: SeatPhone; readonly view: SeatPhoneView }) {
  const { t } = useTranslation()
  const toggle = () => phone.mute(!muted)
  useShortcuts({ mute: link === 'up' ? toggle : undefined })
  return (
    <Button
      className={muted ? 'mute on' : 'mute'}
      danger={muted}
      type={muted ? 'primary' : 'default'}
      icon={muted ? <AudioMutedOutlined aria-hidden /> : <AudioOutlined aria-hidden />}
      aria-pressed={muted}
      aria-keyshortcuts={shortcutKeys.mute}
      onClick={toggle}
    >
      {t(muted ? 'phone.muted' : 'phone.mute')} <kbd>{shortcutKeys.mute}</kbd>
    </Button>
  )
}
