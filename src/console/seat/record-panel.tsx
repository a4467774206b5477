import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { EarlierCalls, EarlierForms, Encounters, PatientCard } from './record-parts.tsx'
import type { DeskRecord } from './seat-api.ts'
import { type CallLater, SharedNumber, SharerRecord } from './shared-number.tsx'

interface RecordPanelProps {
  readonly record: DeskRecord
  readonly later: CallLater | null
  readonly onLater: (later: CallLater | null) => void
}

/** Who the patient is and what went before, as the right of who looks allows; or another's card on the same number. */
export function RecordPanel({ record, later, onLater }: RecordPanelProps) {
  const { t } = useTranslation()
  const [other, setOther] = useState<string | null>(null)
  const sharer = record.sharedWith.find(({ patientId }) => patientId === other)
  return (
    <section className="panel desk-panel record-panel" aria-labelledby="record-title">
      <h2 id="record-title">{t(sharer === undefined ? 'seat.record.title' : 'seat.record.sharerTitle')}</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <div className="desk-body" tabIndex={0}>
        {sharer === undefined ? (
          <>
            <PatientCard patient={record.patient} task={record.task} />
            <SharedNumber sharedWith={record.sharedWith} onOpen={({ patientId }) => setOther(patientId)} />
            <Encounters record={record} />
            <EarlierCalls record={record} />
            <EarlierForms record={record} />
          </>
        ) : (
          <SharerRecord record={record} sharer={sharer} later={later} onLater={onLater} onBack={() => setOther(null)} />
        )}
      </div>
    </section>
  )
}
