import { Tag } from 'antd'
import { useTranslation } from 'react-i18next'

export interface LabelledRecording {
  readonly state: string
  readonly gapMs: number | null
  readonly faults: readonly string[]
  readonly changed: boolean
}

/** What a listener must know of a recording: whether it is whole, and the one that was made. */
export function RecordingLabels({ recording }: { readonly recording: LabelledRecording }) {
  const { t } = useTranslation()
  const { state, gapMs, faults, changed } = recording
  return (
    <span className="recording-labels">
      {changed && <Tag color="red">{t('calls.label.changed')}</Tag>}
      {['verified', 'stored', 'held'].includes(state) && !changed && (
        <Tag color="green">{t('calls.label.verified')}</Tag>
      )}
      {['closed', 'recording', 'paused'].includes(state) && <Tag>{t('calls.label.unverified')}</Tag>}
      {state === 'expected' && <Tag>{t('calls.label.expected')}</Tag>}
      {state === 'expired' && <Tag>{t('calls.label.expired')}</Tag>}
      {state === 'missing' && <Tag color="red">{t('calls.label.missing')}</Tag>}
      {state === 'damaged' && (
        <Tag color="red">
          {[
            t('calls.label.damaged'),
            ...faults.map((fault) => (isFault(fault) ? t(`calls.fault.${fault}`) : fault)),
          ].join(' · ')}
        </Tag>
      )}
      {gapMs !== null && gapMs > 0 && (
        <Tag color="gold">{t('calls.label.gap', { seconds: (gapMs / 1000).toFixed(1) })}</Tag>
      )}
    </span>
  )
}

const known = ['not_stereo', 'wrong_rate', 'too_short', 'too_long', 'hospital_silent', 'unreadable'] as const

function isFault(text: string): text is (typeof known)[number] {
  return known.some((each) => each === text)
}
