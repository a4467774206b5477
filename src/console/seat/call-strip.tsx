import {
  CheckOutlined,
  ClockCircleOutlined,
  CustomerServiceOutlined,
  DisconnectOutlined,
  EditOutlined,
  LoadingOutlined,
  PauseOutlined,
  PhoneOutlined,
  PlayCircleOutlined,
} from '@ant-design/icons'
import { App, Button } from 'antd'
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import type { SeatPhoneView } from '../softphone/seat-phone.ts'
import type { Desk } from './desk.ts'
import { KeyPad } from './key-pad.tsx'
import type { DeskRecord } from './seat-api.ts'
import type { SeatCall, SeatPhase, SeatView } from './seat-view.ts'
import { shortcutKeys, useShortcuts } from './shortcuts.ts'
import { Ticking } from './ticking.tsx'
import { useMissing } from './use-desk.ts'
import type { SeatCommands } from './use-seat-commands.ts'

interface CallStripProps {
  readonly view: SeatView
  readonly call: SeatCall
  readonly phase: SeatPhase
  readonly kind: SeatPhoneView['kind']
  readonly commands: SeatCommands
  readonly record: DeskRecord | null
  readonly desk: Desk | null
  readonly onFinish: () => void
}

/** One press, as long as a sentence takes. */
const extensionSeconds = 60

/** Where the call stands, in a colour that cannot be overlooked, and what can be done with it. */
export function CallStrip(props: CallStripProps) {
  const { view, call, phase, kind, record } = props
  const { t } = useTranslation()
  const shown = stripPhase(phase)
  const phone = record?.patient.phones.find(({ current }) => current)
  return (
    <section className="strip" data-phase={shown} aria-label={t(`seat.strip.${shown}`)}>
      <PhaseIcon phase={shown} />
      <div className="strip-words">
        <strong>{t(`seat.strip.${shown}`)}</strong>
        <StripNote view={view} call={call} phase={shown} kind={kind} />
        <Supervisors view={view} />
      </div>
      {record !== null && (
        <span className="strip-who">
          {record.patient.name}
          {record.nameWithheld && <small className="muted"> {t('seat.record.nameWithheld')}</small>}
          {phone !== undefined && <small className="number"> {phone.number}</small>}
        </span>
      )}
      <span className="strip-time">
        {shown === 'wrap_up' && view.wrapUpUntil !== null ? (
          <WrapUpLeft until={view.wrapUpUntil} />
        ) : (
          <Ticking since={view.since} />
        )}
      </span>
      {(shown === 'talking' || shown === 'holding') && <CallButtons {...props} />}
      {shown === 'wrap_up' && <WrapUpButtons {...props} />}
    </section>
  )
}

type StripPhase = 'dialing' | 'talking' | 'holding' | 'cut_off' | 'wrap_up'

/** The strip is shown while there is a call; where the seat's state says less than that, the call has just ended. */
function stripPhase(phase: SeatPhase): StripPhase {
  switch (phase) {
    case 'dialing':
    case 'talking':
    case 'holding':
    case 'cut_off':
      return phase
    default:
      return 'wrap_up'
  }
}

function PhaseIcon({ phase }: { readonly phase: StripPhase }) {
  switch (phase) {
    case 'dialing':
      return <LoadingOutlined aria-hidden className="strip-icon" />
    case 'talking':
      return <PhoneOutlined aria-hidden className="strip-icon" />
    case 'holding':
      return <CustomerServiceOutlined aria-hidden className="strip-icon" />
    case 'cut_off':
      return <DisconnectOutlined aria-hidden className="strip-icon" />
    case 'wrap_up':
      return <EditOutlined aria-hidden className="strip-icon" />
  }
}

/** Who of the supervisors is heard. One who only listens is not told of: it would change the talk (requirements A07). */
function Supervisors({ view: { supervisors } }: Pick<CallStripProps, 'view'>) {
  const { t } = useTranslation()
  return supervisors
    .filter(({ mode }) => mode !== 'monitor')
    .map(({ name, mode }) => (
      <span className="strip-supervisor" role="status" key={`${mode} ${name}`} data-supervision={mode}>
        {t(`seat.strip.supervised.${mode}`, { name })}
      </span>
    ))
}

interface StripNoteProps extends Pick<CallStripProps, 'view' | 'call' | 'kind'> {
  readonly phase: StripPhase
}

function StripNote({ view, call, phase, kind }: StripNoteProps) {
  const { t } = useTranslation()
  const extension = view.phone?.extension ?? ''
  if (phase === 'dialing') return <span>{t('seat.strip.dialingNext')}</span>
  if (phase === 'cut_off')
    return <span>{kind === 'browser' ? t('seat.strip.cut_offHere') : t('seat.strip.cut_offNext', { extension })}</span>
  if (phase !== 'wrap_up') return null
  switch (call.endedBy) {
    case 'patient':
      return <span>{t('seat.strip.endedByPatient')}</span>
    case 'hospital':
      return <span>{t('seat.strip.endedByHospital')}</span>
    case 'lost':
      return <span>{t('seat.strip.endedByLoss')}</span>
    default:
      return <span>{t('seat.strip.ended')}</span>
  }
}

function WrapUpLeft({ until }: { readonly until: string }) {
  const { t } = useTranslation()
  const [before = '', after = ''] = t('seat.strip.wrapLeft', { duration: '\n' }).split('\n')
  return (
    <>
      <ClockCircleOutlined aria-hidden /> {before}
      <Ticking until={until} />
      {after}
    </>
  )
}

function CallButtons({ call, phase, commands, desk, record }: CallStripProps) {
  const { t } = useTranslation()
  const { run, pending } = commands
  const held = phase === 'holding'
  const missing = useMissing(desk, record)
  const hangUp = useHangUp({ missing, held, attemptId: call.attemptId }, () => run({ type: 'hang-up' }))
  const hold = () => run({ type: held ? 'resume' : 'hold' })
  useShortcuts({ hold, hangUp })
  return (
    <div className="strip-buttons">
      <Button
        icon={held ? <PlayCircleOutlined aria-hidden /> : <PauseOutlined aria-hidden />}
        loading={pending === 'hold' || pending === 'resume'}
        aria-keyshortcuts={shortcutKeys.hold}
        onClick={hold}
      >
        {t(held ? 'seat.resume' : 'seat.hold')} <kbd>{shortcutKeys.hold}</kbd>
      </Button>
      {!held && <KeyPad commands={commands} />}
      <Button
        danger
        type="primary"
        icon={<PhoneOutlined aria-hidden className="down" />}
        loading={pending === 'hang-up'}
        aria-keyshortcuts={shortcutKeys.hangUp}
        onClick={hangUp}
      >
        {t('seat.hangUp')} <kbd>{shortcutKeys.hangUp}</kbd>
      </Button>
    </div>
  )
}

/**
 * Hanging up is asked about where it loses something. The question goes away with its call: a late "yes" must not end
 * the next one.
 */
function useHangUp(call: { missing: number; held: boolean; attemptId: string }, hangUp: () => void): () => void {
  const { t } = useTranslation()
  const { modal } = App.useApp()
  const asking = useRef<{ readonly destroy: () => void } | null>(null)
  useEffect(() => () => asking.current?.destroy(), [])
  return () => {
    const { missing, held } = call
    if (missing === 0 && !held) return hangUp()
    asking.current = modal.confirm({
      title: t('seat.hangUpAsk'),
      content: [held && t('seat.hangUpHeld'), missing > 0 && t('seat.hangUpMissing', { count: missing })]
        .filter((part) => part !== false)
        .join(' '),
      okText: t('seat.hangUp'),
      okButtonProps: { danger: true },
      cancelText: t('common.cancel'),
      onOk: hangUp,
    })
  }
}

function WrapUpButtons({ commands: { run, pending }, onFinish }: CallStripProps) {
  const { t } = useTranslation()
  return (
    <div className="strip-buttons">
      <Button
        icon={<ClockCircleOutlined aria-hidden />}
        loading={pending === 'wrap-up/extend'}
        onClick={() => run({ type: 'wrap-up/extend', seconds: extensionSeconds })}
      >
        {t('seat.extend', { seconds: extensionSeconds })}
      </Button>
      <Button
        type="primary"
        icon={<CheckOutlined aria-hidden />}
        loading={pending === 'wrap-up/finish'}
        aria-keyshortcuts={shortcutKeys.finish}
        onClick={onFinish}
      >
        {t('seat.finish')} <kbd>{shortcutKeys.finish}</kbd>
      </Button>
    </div>
  )
}
