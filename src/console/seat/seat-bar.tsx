import {
  BellOutlined,
  CoffeeOutlined,
  LoginOutlined,
  LogoutOutlined,
  PhoneOutlined,
  QuestionCircleOutlined,
  RedoOutlined,
} from '@ant-design/icons'
import { App, Button, Dropdown, Popover } from 'antd'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useConnectionState } from '../app/connection-state.tsx'
import { PhoneMark } from '../softphone/phone-mark.tsx'
import type { PagePhoneInUse } from '../softphone/use-page-phone.ts'
import { word } from '../text/word.ts'
import { chooseBell, isBellOn } from './bell.ts'
import { breakReasons } from './seat-api.ts'
import type { SeatPhase, SeatView } from './seat-view.ts'
import { shortcutKeys, shortcuts, useShortcuts } from './shortcuts.ts'
import { Ticking } from './ticking.tsx'
import type { SeatCommands } from './use-seat-commands.ts'

interface SeatBarProps {
  readonly view: SeatView
  readonly phase: SeatPhase
  readonly page: PagePhoneInUse
  readonly commands: SeatCommands
}

/** The person's own switch: what they are, since when, whether the phone is there, and the buttons that change it. */
export function SeatBar({ view, phase, page, commands }: SeatBarProps) {
  const { t } = useTranslation()
  const stale = useConnectionState() !== 'connected'
  const { status, statusReason, state, since } = view
  const reason = status === 'on_break' && statusReason !== null ? ` · ${word('breakReason', statusReason)}` : ''
  return (
    <section className="panel seat-bar" aria-label={t('seat.bar')} data-status={status} data-state={state}>
      <div className="seat-now">
        <span className="seat-status" data-status={status}>
          {word('seatStatus', status)}
          {reason}
        </span>
        {status !== 'signed_out' && (
          <span className="muted">
            {word('seatState', state)} <Ticking since={since} />
          </span>
        )}
        {stale && <span className="seat-stale">{t('seat.stale')}</span>}
      </div>
      {page.view.kind === 'browser' ? (
        <PhoneMark phone={page.phone} view={page.view} />
      ) : (
        <DeskPhoneMark phone={view.phone} />
      )}
      <span className="fill" />
      <StatusButtons view={view} phase={phase} page={page} commands={commands} />
      <BellSwitch />
      <ShortcutList />
    </section>
  )
}

function DeskPhoneMark({ phone }: Pick<SeatView, 'phone'>) {
  const { t } = useTranslation()
  if (phone === null) return <span className="seat-phone">{t('seat.phoneNone')}</span>
  return (
    <span className="seat-phone" data-live={phone.live}>
      <PhoneOutlined aria-hidden />
      {t('seat.phone', { extension: phone.extension })}
      <b>{t(phone.live ? 'seat.phoneLive' : 'seat.phoneGone')}</b>
    </span>
  )
}

function StatusButtons({ view: { status, call }, phase, page, commands }: SeatBarProps) {
  const { t } = useTranslation()
  const [choosing, setChoosing] = useState(false)
  const signOut = useSignOut(call !== null, commands)
  const { run, pending } = commands
  const { signIn } = page
  const isHere = page.view.kind === 'browser'
  const isUnderWay = signIn.isUnderWay && page.view.fault === null
  const isIn = status === 'available' || status === 'on_break' || status === 'away'
  const ready = () => run({ type: 'status', status: 'available' })
  useShortcuts({ ready: !isIn ? undefined : status === 'available' ? () => setChoosing(true) : ready })
  if (status === 'signed_out') {
    return (
      <>
        {isUnderWay && (
          <span className="seat-ringing" role="status">
            {t(isHere ? 'seat.signingInHere' : 'seat.signingIn')}
          </span>
        )}
        <Button type="primary" icon={<LoginOutlined aria-hidden />} loading={isUnderWay} onClick={signIn.run}>
          {t('seat.signIn')}
        </Button>
      </>
    )
  }
  return (
    <>
      {phase === 'unreachable' && isIn && (!isHere || page.view.link === 'up') && (
        <Button type="primary" icon={<RedoOutlined aria-hidden />} loading={isUnderWay} onClick={signIn.run}>
          {t('seat.signInAgain')}
        </Button>
      )}
      <fieldset className="seat-switch" aria-label={t('seat.status')}>
        <Button
          className={status === 'available' ? 'pressed' : ''}
          aria-pressed={status === 'available'}
          aria-keyshortcuts={shortcutKeys.ready}
          disabled={!isIn}
          onClick={ready}
        >
          {t('seat.ready')} <kbd>{shortcutKeys.ready}</kbd>
        </Button>
        <Dropdown
          trigger={['click']}
          open={choosing && isIn}
          onOpenChange={setChoosing}
          autoFocus
          disabled={!isIn}
          menu={{
            items: breakReasons.map((reason) => ({ key: reason, label: word('breakReason', reason) })),
            onClick: ({ key }) => {
              setChoosing(false)
              run({ type: 'status', status: 'on_break', reason: key })
            },
          }}
        >
          <Button
            className={status === 'on_break' ? 'pressed' : ''}
            aria-pressed={status === 'on_break'}
            aria-haspopup="menu"
            icon={<CoffeeOutlined aria-hidden />}
          >
            {t('seat.breakFor')}
          </Button>
        </Dropdown>
        <Button
          className={status === 'away' ? 'pressed' : ''}
          aria-pressed={status === 'away'}
          disabled={!isIn}
          onClick={() => run({ type: 'status', status: 'away' })}
        >
          {t('seat.away')}
        </Button>
      </fieldset>
      <Button
        icon={<LogoutOutlined aria-hidden />}
        loading={pending === 'sign-out'}
        disabled={status === 'signing_out'}
        onClick={signOut}
      >
        {t('seat.signOut')}
      </Button>
    </>
  )
}

/** In a call it is asked first: it takes effect after it. */
function useSignOut(inCall: boolean, { run }: SeatCommands): () => void {
  const { t } = useTranslation()
  const { modal } = App.useApp()
  const asking = useRef<{ readonly destroy: () => void } | null>(null)
  useEffect(() => () => asking.current?.destroy(), [])
  return () => {
    if (!inCall) return run({ type: 'sign-out' })
    asking.current = modal.confirm({
      title: t('seat.signOutAsk'),
      content: t('seat.signOutInCall'),
      okText: t('seat.signOut'),
      cancelText: t('common.cancel'),
      onOk: () => run({ type: 'sign-out' }),
    })
  }
}

function BellSwitch() {
  const { t } = useTranslation()
  const [on, setOn] = useState(isBellOn)
  return (
    <Button
      type="text"
      icon={<BellOutlined aria-hidden />}
      aria-pressed={on}
      aria-label={t('seat.sound')}
      title={t(on ? 'seat.soundOn' : 'seat.soundOff')}
      className={on ? 'seat-bell on' : 'seat-bell'}
      onClick={() => {
        chooseBell(!on)
        setOn(!on)
      }}
    />
  )
}

function ShortcutList() {
  const { t } = useTranslation()
  const list = (
    <dl className="seat-keys">
      {shortcuts.map((name) => (
        <div key={name}>
          <dt>
            <kbd>{shortcutKeys[name]}</kbd>
          </dt>
          <dd>{t(`seat.key.${name}`)}</dd>
        </div>
      ))}
      <div>
        <dt>
          <kbd>1–8</kbd>
        </dt>
        <dd>{t('seat.key.digits')}</dd>
      </div>
    </dl>
  )
  return (
    <Popover content={list} trigger={['click', 'focus']} placement="bottomRight" title={t('seat.keys')}>
      <Button
        type="text"
        icon={<QuestionCircleOutlined aria-hidden />}
        aria-label={t('seat.keys')}
        title={t('seat.keys')}
      />
    </Popover>
  )
}
