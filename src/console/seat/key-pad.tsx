import { TableOutlined } from '@ant-design/icons'
import { Button, Popover } from 'antd'
import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { shortcutKeys, useShortcuts } from './shortcuts.ts'
import type { SeatCommands } from './use-seat-commands.ts'

const keys = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'] as const

/** Keys for the far end, such as the menu of a ward's switchboard; by mouse and by keyboard. */
export function KeyPad({ commands: { run } }: { readonly commands: SeatCommands }) {
  const { t } = useTranslation()
  const [shown, setShown] = useState(false)
  useShortcuts({ pad: () => setShown((before) => !before) })
  return (
    <Popover
      open={shown}
      onOpenChange={setShown}
      trigger="click"
      placement="bottomRight"
      destroyOnHidden
      title={t('seat.pad')}
      content={<Pad onKey={(digits) => run({ type: 'digits', digits })} onClose={() => setShown(false)} />}
    >
      <Button icon={<TableOutlined aria-hidden />} aria-expanded={shown} aria-keyshortcuts={shortcutKeys.pad}>
        {t('seat.pad')} <kbd>{shortcutKeys.pad}</kbd>
      </Button>
    </Popover>
  )
}

function Pad({ onKey, onClose }: { readonly onKey: (key: string) => void; readonly onClose: () => void }) {
  const { t } = useTranslation()
  const [sent, setSent] = useState('')
  const first = useRef<HTMLButtonElement>(null)
  useEffect(() => first.current?.focus(), [])
  const press = (key: string) => {
    onKey(key)
    setSent((before) => (before + key).slice(-16))
  }
  const typed = (event: KeyboardEvent) => {
    if (event.key === 'Escape') return onClose()
    if (!keys.some((key) => key === event.key)) return
    event.preventDefault()
    press(event.key)
  }
  return (
    <fieldset className="key-pad" aria-label={t('seat.pad')} onKeyDown={typed}>
      {keys.map((key, index) => (
        <Button key={key} size="large" ref={index === 0 ? first : null} onClick={() => press(key)}>
          {key}
        </Button>
      ))}
      <output className="key-pad-sent" aria-label={t('seat.padSent')}>
        {sent === '' ? t('seat.padHint') : sent}
      </output>
    </fieldset>
  )
}
