import {
  AudioMutedOutlined,
  AudioOutlined,
  CustomerServiceOutlined,
  DisconnectOutlined,
  EyeOutlined,
  LogoutOutlined,
  MessageOutlined,
  SwapOutlined,
  TeamOutlined,
} from '@ant-design/icons'
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Alert, App, Button } from 'antd'
import { useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { useTranslation } from 'react-i18next'
import { useConnection } from '../app/connection-state.tsx'
import type { SupervisionMode } from '../seat/seat-api.ts'
import { CommandRefused } from '../seat/seat-page.tsx'
import { seatStoreOf } from '../seat/seat-store.ts'
import type { SeatView } from '../seat/seat-view.ts'
import { type SeatCommands, useSeatCommands } from '../seat/use-seat-commands.ts'
import { pagePhone } from '../softphone/page-phone.ts'
import { PhoneMark } from '../softphone/phone-mark.tsx'
import { PhoneNotice } from '../softphone/phone-notice.tsx'
import { usePagePhone } from '../softphone/use-page-phone.ts'
import { type FloorCommand, type FloorSeat, floorCommand } from './floor-api.ts'
import { floorKeys, useFloorKeys } from './floor-keys.ts'
import { type FloorView, ownSupervision } from './floor-view.ts'
import { ReasonDialog, type ReasonWanted } from './reason-dialog.tsx'

interface SupervisionProps {
  readonly view: FloorView
  readonly chosen: FloorSeat | null
  /** A refusal often means that the page was behind. */
  readonly onRefused: () => void
}

const modes = ['monitor', 'coach', 'barge'] as const
const modeIcons = {
  monitor: <EyeOutlined aria-hidden />,
  coach: <MessageOutlined aria-hidden />,
  barge: <TeamOutlined aria-hidden />,
} as const

/**
 * The supervisor in an agent's call, by the telephone of an own seat. In `monitor` the microphone's track is disabled at
 * the sender: what goes out is silence, packet by packet, since a sender without packets is taken for a browser that
 * died and its leg is ended after 5 s. It is closed when the button is pressed and opened when the server has said the
 * mode, so in doubt nobody is heard.
 * Source: requirements A07 (the microphone is not transmitted until the mode is changed), A08, A09.
 */
export function Supervision({ view, chosen, onRefused }: SupervisionProps) {
  const { t } = useTranslation()
  const { modal } = App.useApp()
  const navigate = useNavigate()
  const own = useOwnSeat(view)
  const { page, present, isUp } = own
  const [wanted, setWanted] = useState<{ readonly seatId: string; readonly mode: SupervisionMode } | null>(null)
  const [reasonFor, setReasonFor] = useState<ReasonWanted | null>(null)
  const { mutate, error, reset, isPending, variables } = useMutation({
    mutationFn: (given: FloorCommand) => floorCommand(pagePhone().pageId, given),
    scope: { id: 'supervision' },
    onSuccess: (_nothing, { type }) => {
      if (type === 'take-over') void navigate({ to: '/seat' })
    },
    onError: onRefused,
  })
  // What was asked for before the telephone was there.
  useEffect(() => {
    if (wanted === null || !isUp) return
    setWanted(null)
    mutate({ type: 'supervise', ...wanted })
  }, [wanted, isUp, mutate])
  const seat = chosen ?? present?.seat ?? null
  const isOwn = seat !== null && seat.seatId === own.seat?.id
  const canCome = seat !== null && !isOwn && (seat.call?.answeredAt ?? null) !== null
  const mode = present !== null && present.seat.seatId === seat?.seatId ? present.mode : null

  const supervise = (asked: SupervisionMode) => {
    if (seat === null) return
    const begin = () => {
      if (asked === 'monitor') page.phone.speaks(false)
      // One is in one call at a time.
      if (present !== null && present.seat.seatId !== seat.seatId)
        mutate({ type: 'leave', seatId: present.seat.seatId })
      if (isUp) return mutate({ type: 'supervise', seatId: seat.seatId, mode: asked })
      setWanted({ seatId: seat.seatId, mode: asked })
      own.connect()
    }
    if (asked !== 'barge') return begin()
    modal.confirm({
      title: t('floor.bargeAsk', { name: seat.name }),
      content: t('floor.bargeText'),
      okText: t('floor.mode.barge'),
      cancelText: t('common.cancel'),
      onOk: begin,
    })
  }
  const leave = () => {
    if (present === null) return
    page.phone.speaks(false)
    mutate({ type: 'leave', seatId: present.seat.seatId })
  }
  useFloorKeys({
    ...(canCome
      ? { monitor: () => supervise('monitor'), coach: () => supervise('coach'), barge: () => supervise('barge') }
      : {}),
    ...(present === null ? {} : { leave }),
  })
  return (
    <div className="supervision-work">
      {present !== null && (
        <ModeNow name={present.seat.name} mode={present.mode} sends={page.view.sends} muted={page.view.muted} />
      )}
      <OwnPhone own={own} />
      <CommandRefused
        commands={{ error: error ?? own.commands.error, dismiss: error === null ? own.commands.dismiss : reset }}
      />
      {seat !== null && (
        <>
          {isOwn && <p className="muted">{t('floor.ownSeat')}</p>}
          {!isOwn && !canCome && <p className="muted">{t('floor.noCall')}</p>}
          <fieldset className="supervision-modes" aria-label={seat.name}>
            {modes.map((each) => (
              <Button
                key={each}
                icon={modeIcons[each]}
                type={mode === each ? 'primary' : 'default'}
                aria-pressed={mode === each}
                aria-keyshortcuts={floorKeys[each]}
                disabled={!canCome}
                loading={
                  (isPending && variables.type === 'supervise' && variables.mode === each) ||
                  (wanted?.mode === each && page.view.fault === null)
                }
                onClick={() => supervise(each)}
              >
                {t(`floor.mode.${each}`)} <kbd>{floorKeys[each]}</kbd>
              </Button>
            ))}
            <Button
              icon={<LogoutOutlined aria-hidden />}
              disabled={present === null}
              aria-keyshortcuts={floorKeys.leave}
              loading={isPending && variables.type === 'leave'}
              onClick={leave}
            >
              {t('floor.leave')} <kbd>{floorKeys.leave}</kbd>
            </Button>
          </fieldset>
          <div className="supervision-ends">
            <Button
              icon={<SwapOutlined aria-hidden />}
              disabled={!canCome || !isUp}
              onClick={() => setReasonFor({ type: 'take-over', seatId: seat.seatId, name: seat.name })}
            >
              {t('floor.takeOver')}
            </Button>
            <Button
              danger
              icon={<DisconnectOutlined aria-hidden />}
              disabled={isOwn || seat.call === null}
              onClick={() => setReasonFor({ type: 'release', seatId: seat.seatId, name: seat.name })}
            >
              {t('floor.release')}
            </Button>
          </div>
        </>
      )}
      {reasonFor !== null && (
        <ReasonDialog
          wanted={reasonFor}
          onClose={() => setReasonFor(null)}
          onReason={({ type, seatId }, reason) => mutate({ type, seatId, reason })}
        />
      )}
    </div>
  )
}

type OwnSeat = ReturnType<typeof useOwnSeat>

/** The supervisor's own seat: opened when its telephone is wanted, never for looking at the floor alone. */
function useOwnSeat(view: FloorView) {
  const connection = useConnection()
  const store = seatStoreOf(connection)
  const { view: seat } = useSyncExternalStore(store.watch, store.state)
  const commands = useSeatCommands(store)
  const [asked, setAsked] = useState(() => pagePhone().phone.view().page === 'ours')
  const present = ownSupervision(view.seats, seat?.id ?? null)
  const page = usePagePhone({ store, commands, opens: asked, supervises: present?.mode ?? null })
  const isSeated = seat !== null && seat.status !== 'signed_out'
  const isListening = useListening(seat, commands)
  // Up for the page, and known to the server as the seat's.
  const hasLeg = (page.view.kind === 'desk' || page.view.link === 'up') && seat?.state !== 'unreachable'
  return {
    page,
    commands,
    present,
    seat,
    isSeated,
    isUp: isSeated && hasLeg && !isListening.isPending,
    connect: () => {
      if (!isSeated) isListening.begin()
      setAsked(true)
      page.signIn.run()
    },
    disconnect: () => {
      page.signIn.cancel()
      commands.run({ type: 'sign-out' })
    },
  }
}

/** Whoever has come to listen is offered no calls: from sign-in straight to a break of that name. */
function useListening(seat: SeatView | null, { run }: SeatCommands) {
  const [isPending, setPending] = useState(false)
  const asked = useRef(false)
  const status = seat?.status
  useEffect(() => {
    if (!isPending) return
    if (status === 'on_break') setPending(false)
    if (status !== 'available' || asked.current) return
    asked.current = true
    run({ type: 'status', status: 'on_break', reason: 'supervising' })
  }, [isPending, status, run])
  return {
    isPending,
    begin: () => {
      asked.current = false
      setPending(true)
    },
  }
}

/** In which mode, so that it cannot be mistaken: colour, words, and the microphone as it is at the sender. */
function ModeNow({
  name,
  mode,
  sends,
  muted,
}: {
  name: string
  mode: SupervisionMode
  sends: boolean
  muted: boolean
}) {
  const { t } = useTranslation()
  return (
    <div className="mode-now" data-mode={mode} data-sends={sends} role="status" aria-live="assertive">
      {modeIcons[mode]}
      <strong>{t(`floor.modeNow.${mode}`, { name })}</strong>
      <span>
        {sends ? <AudioOutlined aria-hidden /> : <AudioMutedOutlined aria-hidden />}{' '}
        {t(`floor.modeMic.${sends ? 'on' : muted && mode !== 'monitor' ? 'muted' : 'off'}`)}
      </span>
    </div>
  )
}

function OwnPhone({ own: { page, isSeated, connect, disconnect } }: { readonly own: OwnSeat }) {
  const { t } = useTranslation()
  const { phone, view, signIn } = page
  const isOpen = isSeated || signIn.isUnderWay
  return (
    <>
      <div className="own-phone">
        {view.kind === 'browser' && isOpen ? (
          <PhoneMark phone={phone} view={view} />
        ) : (
          <span className="own-phone-name">
            <CustomerServiceOutlined aria-hidden /> {t('floor.phone')}
          </span>
        )}
        <span className="fill" />
        {isSeated ? (
          <Button onClick={disconnect}>{t('floor.phoneOff2')}</Button>
        ) : (
          <Button type="primary" loading={signIn.isUnderWay && view.fault === null} onClick={connect}>
            {t('floor.phoneOn')}
          </Button>
        )}
      </div>
      {isOpen && <PhoneNotice phone={phone} view={view} />}
      {view.kind === 'desk' && isOpen && <Alert type="info" showIcon title={t('floor.deskPhone')} />}
    </>
  )
}
