import {
  BackwardOutlined,
  CaretRightOutlined,
  DownloadOutlined,
  ForwardOutlined,
  PauseOutlined,
} from '@ant-design/icons'
import { Button, Segmented, Spin } from 'antd'
import { useCallback, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import WaveSurfer from 'wavesurfer.js'
import { refused } from '../api/request.ts'
import { useRight } from '../api/session.ts'
import { colors } from '../app/theme.ts'
import { Trouble } from '../app/trouble.tsx'
import { currentLanguage } from '../text/i18n.ts'
import { duration } from '../text/time.ts'

const patientColor = colors.busy
const hospitalColor = colors.brand

type PlayerState =
  | { readonly type: 'idle' }
  | { readonly type: 'loading' }
  | { readonly type: 'failed'; readonly error: unknown }
  | { readonly type: 'ready'; readonly playing: boolean }

/**
 * One recording: the patient's channel above, the hospital's below. Nothing is fetched before somebody wants to hear
 * it, since each playback is written down.
 */
export function RecordingPlayer({
  recordingId,
  autoPlay,
}: {
  readonly recordingId: string
  readonly autoPlay: boolean
}) {
  const { t } = useTranslation()
  const mayDownload = useRight('recording.download')
  const place = useRef<HTMLDivElement>(null)
  const wave = useRef<WaveSurfer | null>(null)
  const abort = useRef<AbortController | null>(null)
  const [state, setState] = useState<PlayerState>({ type: 'idle' })
  const [seconds, setSeconds] = useState(0)
  const [length, setLength] = useState(0)
  const [speed, setSpeed] = useState(1)

  const load = useCallback(async () => {
    if (place.current === null) return
    abort.current?.abort()
    wave.current?.destroy()
    const loading = new AbortController()
    abort.current = loading
    setState({ type: 'loading' })
    try {
      const audio = await fetchAudio(recordingId, loading.signal)
      const player = WaveSurfer.create({
        container: place.current,
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
      wave.current = player
      player.on('timeupdate', setSeconds)
      player.on('play', () => setState({ type: 'ready', playing: true }))
      player.on('pause', () => setState({ type: 'ready', playing: false }))
      await player.loadBlob(audio)
      if (loading.signal.aborted) return
      setLength(player.getDuration())
      setState({ type: 'ready', playing: false })
      await player.play()
    } catch (error) {
      if (!loading.signal.aborted) setState({ type: 'failed', error })
    }
  }, [recordingId])

  useEffect(() => {
    if (autoPlay) void load()
    return () => {
      abort.current?.abort()
      wave.current?.destroy()
      wave.current = null
    }
  }, [autoPlay, load])

  const playing = state.type === 'ready' && state.playing
  return (
    <section className="player" aria-label={t('calls.recording')} data-player={state.type} data-playing={playing}>
      <div className="player-wave">
        <div className="player-channels">
          <span style={{ '--mark': patientColor }}>{t('calls.channelPatient')}</span>
          <span style={{ '--mark': hospitalColor }}>{t('calls.channelHospital')}</span>
        </div>
        <div ref={place} data-testid="waveform">
          {state.type === 'loading' && (
            <div className="player-wait">
              <Spin description={t('calls.loadingAudio')} />
            </div>
          )}
        </div>
      </div>
      {state.type === 'failed' && <Trouble error={state.error} onRetry={() => void load()} />}
      <div className="player-controls">
        <Button
          type="primary"
          shape="circle"
          icon={playing ? <PauseOutlined aria-hidden /> : <CaretRightOutlined aria-hidden />}
          aria-label={t(playing ? 'calls.pause' : 'calls.play')}
          disabled={state.type === 'loading'}
          onClick={() => void (state.type === 'ready' ? wave.current?.playPause() : load())}
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
          options={[
            { value: 1, label: '1×' },
            { value: 1.5, label: '1.5×' },
            { value: 2, label: '2×' },
          ]}
          onChange={(rate) => {
            setSpeed(rate)
            wave.current?.setPlaybackRate(rate)
          }}
        />
        <span className="fill" />
        {mayDownload && (
          <Button icon={<DownloadOutlined aria-hidden />} href={`/api/recordings/${recordingId}/file`} download>
            {t('calls.download')}
          </Button>
        )}
      </div>
      <div className="muted player-note">{t('calls.audited')}</div>
    </section>
  )
}

function channel(color: string) {
  return { waveColor: `${color}88`, progressColor: color }
}

async function fetchAudio(recordingId: string, signal: AbortSignal): Promise<Blob> {
  const answer = await fetch(`/api/recordings/${recordingId}/audio`, {
    signal,
    headers: { 'accept-language': currentLanguage() },
  })
  if (answer.ok) return answer.blob()
  throw refused(await answer.json().catch(() => null), answer.status)
}
