import {
  BackwardOutlined,
  CaretRightOutlined,
  DownloadOutlined,
  ForwardOutlined,
  PauseOutlined,
} from '@ant-design/icons'
import { App, Button, Segmented, Spin } from 'antd'
import { type Ref, useCallback, useEffect, useImperativeHandle, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import WaveSurfer from 'wavesurfer.js'
import type { OpenedRecording, OpeningReason } from '#contact-center/recording/recording-schema.ts'
import { RefusedError } from '../api/request.ts'
import { useRight } from '../api/session.ts'
import { sessionUse } from '../app/activity.ts'
import { colors } from '../app/theme.ts'
import { Trouble } from '../app/trouble.tsx'
import { duration } from '../text/time.ts'
import { hearing } from './hearing.ts'
import { openRecording, ReasonDialog, type Why } from './opening.tsx'
import { RecordingLabels } from './recording-labels.tsx'

const patientColor = colors.busy
const hospitalColor = colors.brand
const speeds = [0.75, 1, 1.25, 1.5, 2]

type PlayerState =
  | { readonly type: 'idle' }
  | { readonly type: 'loading' }
  | { readonly type: 'failed'; readonly error: unknown }
  | { readonly type: 'ready'; readonly playing: boolean }

/** A place in the recording that is worth a mark on the wave. */
export interface PlayerMark {
  readonly key: string
  readonly offsetMs: number
  readonly text: string
  readonly kind: 'question' | 'key' | 'people' | 'hold' | 'end'
  /** What stands at the mark, such as a question's number. */
  readonly label: string
}

/** What a page may do with its player. */
export interface PlayerHandle {
  /** Hears from there on; opens the recording where that has not been done. */
  playFrom(offsetMs: number): void
  skip(seconds: number): void
  toggle(): void
}

export interface RecordingPlayerProps {
  readonly recordingId: string
  readonly autoPlay: boolean
  /** Why it is opened, unless the server asks; by default the server's own. */
  readonly reason?: OpeningReason
  readonly marks?: readonly PlayerMark[]
  readonly handle?: Ref<PlayerHandle>
  /** Each second at which the player stands. */
  readonly onSecond?: (seconds: number) => void
}

/**
 * One recording: the patient's channel above, the hospital's below. Nothing is opened before somebody wants to hear it,
 * since each opening is written down. The wave is the server's; the sound comes in the pieces that are being heard.
 */
export function RecordingPlayer({ recordingId, autoPlay, reason, marks, handle, onSecond }: RecordingPlayerProps) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const mayDownload = useRight('recording.download')
  const place = useRef<HTMLDivElement>(null)
  const wave = useRef<WaveSurfer | null>(null)
  const round = useRef(0)
  const from = useRef(0)
  const [state, setState] = useState<PlayerState>({ type: 'idle' })
  const [opened, setOpened] = useState<OpenedRecording | null>(null)
  const [seconds, setSeconds] = useState(0)
  const [speed, setSpeed] = useState(1)
  const rate = useRef(1)
  const [asking, setAsking] = useState<'play' | 'download' | null>(null)
  const heard = useRef(onSecond)
  useEffect(() => {
    heard.current = onSecond
  })

  const load = useCallback(
    async (why: Why) => {
      if (place.current === null) return
      round.current += 1
      const mine = round.current
      wave.current?.destroy()
      setState({ type: 'loading' })
      try {
        const recording = await openRecording(recordingId, { purpose: 'play', ...why })
        if (mine !== round.current || place.current === null) return
        setOpened(recording)
        const player = draw(place.current)
        wave.current = player
        const at = hearing({
          isPlaying: () => player.isPlaying(),
          onSecond: (second) => heard.current?.(second),
          onHeard: sessionUse.used,
        })
        player.on('timeupdate', (now) => {
          setSeconds(now)
          at(now)
        })
        player.on('play', () => setState({ type: 'ready', playing: true }))
        player.on('pause', () => setState({ type: 'ready', playing: false }))
        // What begins well may still break off: a ticket that has run out, a server that is away.
        player.on('error', (error) => mine === round.current && setState({ type: 'failed', error }))
        await player.load(recording.url, peaksOf(recording), lengthOf(recording))
        if (mine !== round.current) return
        setState({ type: 'ready', playing: false })
        player.setPlaybackRate(rate.current)
        player.setTime(from.current / 1000)
        await player.play()
      } catch (error) {
        if (mine !== round.current) return
        if (error instanceof RefusedError && error.code === 'RECORDING_REASON_NEEDED') {
          setState({ type: 'idle' })
          setAsking('play')
        } else setState({ type: 'failed', error })
      }
    },
    [recordingId],
  )

  const why = useCallback((): Why => (reason === undefined ? {} : { reason }), [reason])

  useEffect(() => {
    if (autoPlay) void load(why())
    return () => {
      round.current += 1
      wave.current?.destroy()
      wave.current = null
    }
  }, [autoPlay, load, why])

  const toggle = () => {
    if (state.type === 'ready') void wave.current?.playPause()
    else if (state.type !== 'loading') void load(why())
  }
  const playFrom = (offsetMs: number) => {
    from.current = offsetMs
    if (state.type === 'ready' && wave.current !== null) {
      wave.current.setTime(offsetMs / 1000)
      void wave.current.play()
    } else if (state.type !== 'loading') void load(why())
  }
  useImperativeHandle(handle, () => ({
    playFrom,
    toggle,
    skip: (by) => state.type === 'ready' && wave.current?.skip(by),
  }))

  async function download(chosen: Why) {
    try {
      const { url } = await openRecording(recordingId, { purpose: 'download', ...chosen })
      const link = document.createElement('a')
      link.href = url
      link.download = ''
      link.click()
    } catch (error) {
      void message.error(error instanceof Error ? error.message : String(error))
    }
  }

  const playing = state.type === 'ready' && state.playing
  const length = opened === null ? 0 : lengthOf(opened)
  return (
    <section className="player" aria-label={t('calls.recording')} data-player={state.type} data-playing={playing}>
      <div className="player-wave">
        <div className="player-channels">
          <span style={{ '--mark': patientColor }}>{t('calls.channelPatient')}</span>
          <span style={{ '--mark': hospitalColor }}>{t('calls.channelHospital')}</span>
        </div>
        <div>
          <div ref={place} data-testid="waveform">
            {state.type === 'loading' && (
              <div className="player-wait">
                <Spin description={t('calls.opening')} />
              </div>
            )}
          </div>
          {marks !== undefined && length > 0 && <Marks marks={marks} lengthMs={length * 1000} onChoose={playFrom} />}
        </div>
      </div>
      {state.type === 'failed' && <Trouble error={state.error} onRetry={() => void load(why())} />}
      <div className="player-controls">
        <Button
          type="primary"
          shape="circle"
          icon={playing ? <PauseOutlined aria-hidden /> : <CaretRightOutlined aria-hidden />}
          aria-label={t(playing ? 'calls.pause' : 'calls.play')}
          disabled={state.type === 'loading'}
          onClick={toggle}
        />
        <Button
          shape="circle"
          icon={<BackwardOutlined aria-hidden />}
          aria-label={t('calls.back')}
          disabled={state.type !== 'ready'}
          onClick={() => wave.current?.skip(-5)}
        />
        <Button
          shape="circle"
          icon={<ForwardOutlined aria-hidden />}
          aria-label={t('calls.forward')}
          disabled={state.type !== 'ready'}
          onClick={() => wave.current?.skip(5)}
        />
        <span className="number" aria-live="off">
          {duration(seconds)} / {duration(length)}
        </span>
        <Segmented
          size="small"
          aria-label={t('calls.speed')}
          value={speed}
          options={speeds.map((value) => ({ value, label: `${value}×` }))}
          onChange={(chosen) => {
            setSpeed(chosen)
            rate.current = chosen
            wave.current?.setPlaybackRate(chosen)
          }}
        />
        {opened !== null && <RecordingLabels recording={{ ...opened, changed: opened.intact === false }} />}
        <span className="fill" />
        {mayDownload && (
          <Button icon={<DownloadOutlined aria-hidden />} onClick={() => setAsking('download')}>
            {t('calls.download')}
          </Button>
        )}
      </div>
      <div className="muted player-note">{t('calls.audited')}</div>
      <ReasonDialog
        purpose={asking}
        onClose={() => setAsking(null)}
        onChosen={(chosen) => {
          setAsking(null)
          void (asking === 'download' ? download(chosen) : load(chosen))
        }}
      />
    </section>
  )
}

function Marks({
  marks,
  lengthMs,
  onChoose,
}: {
  readonly marks: readonly PlayerMark[]
  readonly lengthMs: number
  readonly onChoose: (offsetMs: number) => void
}) {
  return (
    // The same places stand in lists beside, where keyboards and screen readers find them.
    <div className="player-marks" aria-hidden="true">
      {marks.map(({ key, offsetMs, text, kind, label }) => (
        <button
          type="button"
          tabIndex={-1}
          key={key}
          data-kind={kind}
          title={`${duration(offsetMs / 1000)} ${text}`}
          style={{ left: `${Math.min(100, (100 * offsetMs) / lengthMs)}%` }}
          onClick={() => onChoose(offsetMs)}
        >
          {label}
        </button>
      ))}
    </div>
  )
}

function draw(container: HTMLElement): WaveSurfer {
  return WaveSurfer.create({
    container,
    height: 54,
    barWidth: 2,
    barGap: 1,
    barRadius: 1,
    // One scale for both: noise on a silent channel must not look like speech.
    normalize: true,
    maxPeak: 0.5,
    cursorColor: colors.ink,
    splitChannels: [channel(patientColor), channel(hospitalColor)],
  })
}

function channel(color: string) {
  return { waveColor: `${color}88`, progressColor: color }
}

/** Nothing where the file cannot be drawn by the server: the player then reads it itself. */
function peaksOf({ peaks }: OpenedRecording): number[][] | undefined {
  return peaks.length === 0 ? undefined : peaks.map((row) => row.map((level) => level / 255))
}

function lengthOf({ durationMs }: OpenedRecording): number {
  return (durationMs ?? 0) / 1000
}
