import { useState } from 'react'
import { Waiting } from '../app/page-states.tsx'
import { Trouble } from '../app/trouble.tsx'
import type { SeatPhoneView } from '../softphone/seat-phone.ts'
import { CallStrip } from './call-strip.tsx'
import { FormPanel, goToFirstUnanswered } from './form-panel.tsx'
import { OutcomePanel } from './outcome-panel.tsx'
import { RecordPanel } from './record-panel.tsx'
import type { SeatCall, SeatPhase, SeatView } from './seat-view.ts'
import type { CallLater } from './shared-number.tsx'
import { useShortcuts } from './shortcuts.ts'
import { type DeskOptions, type FinishFault, useDesk, useFinish } from './use-desk.ts'
import type { SeatCommands } from './use-seat-commands.ts'

interface CallDeskProps extends Omit<DeskOptions, 'taskId' | 'isAnswered'> {
  readonly view: SeatView
  readonly call: SeatCall
  readonly phase: SeatPhase
  readonly kind: SeatPhoneView['kind']
  readonly commands: SeatCommands
  readonly later: CallLater | null
  readonly onLater: (later: CallLater | null) => void
}

/** One call from the reservation to the end of wrap-up: who it is, what to say, what was answered, what came of it. */
export function CallDesk({ view, call, phase, kind, commands, later, onLater, ...options }: CallDeskProps) {
  const { record, desk, readForm } = useDesk({ ...options, taskId: call.taskId, isAnswered: phase !== 'dialing' })
  const [fault, setFault] = useState<FinishFault | null>(null)
  const finish = useFinish(desk, record.data, commands, setFault)
  useShortcuts({
    form: desk === null ? undefined : goToFirstUnanswered,
    finish: phase === 'wrap_up' && desk !== null ? finish : undefined,
  })
  const canWrite = phase !== 'dialing'
  return (
    <>
      <CallStrip
        view={view}
        call={call}
        phase={phase}
        kind={kind}
        commands={commands}
        record={record.data ?? null}
        desk={desk}
        onFinish={finish}
      />
      {record.isPending && <Waiting />}
      {record.isError && <Trouble error={record.error} onRetry={() => void record.refetch()} />}
      {record.data !== undefined && desk !== null && (
        <div className="desk" data-task={call.taskId}>
          <RecordPanel record={record.data} later={later} onLater={onLater} />
          <FormPanel record={record.data} desk={desk} canWrite={canWrite} onQuestionnaire={readForm} />
          <OutcomePanel
            record={record.data}
            desk={desk}
            canWrite={canWrite}
            fault={fault}
            {...(phase === 'wrap_up' ? { correctsTask: call.taskId } : {})}
          />
        </div>
      )}
    </>
  )
}
