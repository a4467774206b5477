import { useTranslation } from 'react-i18next'
import { useRight } from '../api/session.ts'
import { Ticking } from '../seat/ticking.tsx'
import { word } from '../text/word.ts'
import type { FloorSeat } from './floor-api.ts'
import { type FloorView, groupSince } from './floor-view.ts'
import { stateWord } from './seat-grid.tsx'
import { Supervision } from './supervision.tsx'

interface PanelProps {
  readonly view: FloorView
  readonly chosen: FloorSeat | null
  readonly onRefused: () => void
}

/** The seat that was chosen, and what a supervisor may do with its call. */
export function SupervisionPanel({ view, chosen, onRefused }: PanelProps) {
  const { t } = useTranslation()
  const supervises = useRight('call.supervise')
  const sits = useRight('seat.use')
  return (
    <section className="panel supervision" aria-labelledby="floor-chosen">
      <h2 id="floor-chosen">{chosen === null ? t('floor.choose') : chosen.name}</h2>
      {chosen === null ? (
        <p className="nothing">{t('floor.chooseNext')}</p>
      ) : (
        <ChosenSeat seat={chosen} team={view.teams.find(({ id }) => id === chosen.teamId)?.name ?? ''} />
      )}
      {supervises && sits && <Supervision view={view} chosen={chosen} onRefused={onRefused} />}
      {supervises && !sits && <p className="nothing">{t('floor.noSeatRight')}</p>}
    </section>
  )
}

function ChosenSeat({ seat, team }: { readonly seat: FloorSeat; readonly team: string }) {
  const { t } = useTranslation()
  const { agentNo, phone, call, supervision } = seat
  return (
    <dl className="facts chosen-seat" data-chosen={seat.seatId}>
      <dt>{t('floor.status')}</dt>
      <dd>
        {stateWord(seat)} <Ticking since={groupSince(seat)} />
      </dd>
      <dt>{t('floor.team')}</dt>
      <dd>
        {team} · {t('floor.agentNo', { agentNo })}
      </dd>
      {phone !== null && (
        <>
          <dt>{t('floor.extension')}</dt>
          <dd>
            {phone.extension} {word('phoneKind', phone.kind)}
            {!phone.live && ` · ${t('floor.phoneOff')}`}
          </dd>
        </>
      )}
      {call !== null && (
        <>
          <dt>{t('floor.answered')}</dt>
          <dd>{call.answeredAt === null ? t('floor.dialing') : <Ticking since={call.answeredAt} />}</dd>
        </>
      )}
      {supervision.length > 0 && (
        <>
          <dt />
          <dd>
            {t('floor.watched', {
              names: supervision.map(({ name, mode }) => `${name} (${t(`floor.mode.${mode}`)})`).join(', '),
            })}
          </dd>
        </>
      )}
    </dl>
  )
}
