import { AudioOutlined, DisconnectOutlined, EyeOutlined } from '@ant-design/icons'
import { memo } from 'react'
import { useTranslation } from 'react-i18next'
import { Ticking } from '../seat/ticking.tsx'
import { word } from '../text/word.ts'
import type { FloorSeat } from './floor-api.ts'
import { type FloorView, groupOf, groupSince } from './floor-view.ts'

interface SeatGridProps {
  readonly seats: readonly FloorSeat[]
  readonly teams: FloorView['teams']
  readonly chosenId: string | null
  readonly onChoose: (seatId: string) => void
}

export function SeatGrid({ seats, teams, chosenId, onChoose }: SeatGridProps) {
  const { i18n } = useTranslation()
  const names = new Map(teams.map(({ id, name }) => [id, name]))
  return (
    <ul className="seat-grid">
      {seats.map((seat) => (
        <SeatCard
          key={seat.seatId}
          seat={seat}
          team={teams.length > 1 ? (names.get(seat.teamId) ?? '') : ''}
          chosen={seat.seatId === chosenId}
          onChoose={onChoose}
          language={i18n.language}
        />
      ))}
    </ul>
  )
}

interface SeatCardProps {
  readonly seat: FloorSeat
  readonly team: string
  readonly chosen: boolean
  readonly onChoose: (seatId: string) => void
  /** Another language makes another card. */
  readonly language: string
}

/** Of two hundred seats few change with a frame; the others are not made anew. */
const SeatCard = memo(function SeatCard({ seat, team, chosen, onChoose }: SeatCardProps) {
  const { t } = useTranslation()
  const { seatId, name, agentNo, phone, supervision, status } = seat
  const group = groupOf(seat)
  return (
    <li>
      <button
        type="button"
        className="seat-card"
        data-seat={seatId}
        data-group={group}
        aria-pressed={chosen}
        onClick={() => onChoose(seatId)}
      >
        <span className="seat-card-head">
          <b title={name}>{name}</b>
          <small>{t('floor.agentNo', { agentNo })}</small>
        </span>
        <span className="seat-card-state">
          <span className="seat-card-word">{stateWord(seat)}</span>
          <Ticking since={groupSince(seat)} />
        </span>
        <span className="seat-card-foot">
          {supervision.length > 0 && (
            <span className="seat-card-watched">
              {supervision.some(({ mode }) => mode !== 'monitor') ? (
                <AudioOutlined aria-hidden />
              ) : (
                <EyeOutlined aria-hidden />
              )}
              {supervision.map(({ mode }) => t(`floor.mode.${mode}`)).join(' ')}
            </span>
          )}
          {phone?.live === false && status !== 'signed_out' && (
            <span className="seat-card-lost">
              <DisconnectOutlined aria-hidden /> {t('floor.phoneOff')}
            </span>
          )}
          <span className="seat-card-team">{team}</span>
        </span>
      </button>
    </li>
  )
})

/** State while a call or its work occupies the seat, the person's choice else; the reason of a break beside it. */
export function stateWord(seat: FloorSeat): string {
  const { status, statusReason, state } = seat
  const group = groupOf(seat)
  if (group === 'signed_out' || group === 'on_break' || group === 'away') {
    const reason = status === 'on_break' && statusReason !== null ? ` · ${word('breakReason', statusReason)}` : ''
    return `${word('seatStatus', status)}${reason}`
  }
  return word('seatState', state)
}
