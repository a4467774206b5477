import { SoundOutlined } from '@ant-design/icons'
import { Alert, Button, Select } from 'antd'
import { useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { useTranslation } from 'react-i18next'
import type { SoundUse } from './loudspeakers.ts'
import { MicrophoneError } from './microphone.ts'
import { pagePhone } from './page-phone.ts'
import type { SeatPhone, SeatPhoneView } from './seat-phone.ts'

/** Microphone and loudspeaker of this computer, to be tried before the first call. */
export function DevicePanel({ phone, view }: { readonly phone: SeatPhone; readonly view: SeatPhoneView }) {
  const { t } = useTranslation()
  const { microphone } = pagePhone()
  const devices = useSyncExternalStore(microphone.watch, microphone.devices)
  const stream = useSyncExternalStore(microphone.watch, microphone.stream)
  const [fault, setFault] = useState<string | null>(null)
  const use = () => {
    const taken = phone.isWanted ? phone.takeMicrophone() : microphone.open().then(() => undefined)
    taken.then(
      () => setFault(null),
      (error: unknown) => setFault(error instanceof MicrophoneError ? error.fault : 'none'),
    )
  }
  const first = useRef(use)
  useEffect(() => {
    if (microphone.stream() === null) first.current()
    // Nobody is heard by a page whose seat is signed out: the browser's mark goes off with the panel.
    return () => {
      if (!phone.isWanted) microphone.close()
    }
  }, [microphone, phone])
  const present = stream?.getAudioTracks()[0]?.getSettings().deviceId
  const shown = devices.some(({ id }) => id === present) ? present : undefined
  return (
    <div className="device-panel">
      {(fault === 'refused' || fault === 'none' || fault === 'busy' || fault === 'insecure') && (
        <Alert
          type="error"
          showIcon
          role="alert"
          title={t(`phone.fault.microphone_${fault}`)}
          description={t(`phone.fault.microphone_${fault}Next`)}
          action={<Button onClick={use}>{t('phone.again')}</Button>}
        />
      )}
      <span className="device-name" id="device-microphone">
        {t('phone.microphone')}
      </span>
      <Select
        aria-labelledby="device-microphone"
        placeholder={t('phone.noMicrophone')}
        {...(shown === undefined ? {} : { value: shown })}
        options={devices.map(({ id, label }) => ({
          value: id,
          label: id === 'default' ? t('phone.defaultDevice') : label,
        }))}
        onChange={(id: string) => {
          microphone.choose(id)
          use()
        }}
      />
      <span className="device-name">{t('phone.level')}</span>
      <div>
        <LevelMeter stream={stream} />
        <small className="muted">{t(view.muted ? 'phone.levelMuted' : 'phone.levelHint')}</small>
      </div>
      <LoudspeakerChoice use="voice" />
      <LoudspeakerChoice use="ring" />
    </div>
  )
}

/** Where a sound comes out, and what it is like there; without a choice where the browser gives none. */
function LoudspeakerChoice({ use }: { readonly use: SoundUse }) {
  const { t } = useTranslation()
  const { loudspeakers } = pagePhone()
  const devices = useSyncExternalStore(loudspeakers.watch, loudspeakers.devices)
  const inUse = useSyncExternalStore(loudspeakers.watch, () => loudspeakers.inUse(use))
  if (!loudspeakers.canChoose && use === 'ring') return null
  const name = t(use === 'voice' ? 'phone.speaker' : 'phone.ringer')
  return (
    <>
      <span className="device-name" id={`device-${use}`}>
        {name}
      </span>
      <div className="device-out">
        {loudspeakers.canChoose && (
          <Select
            aria-labelledby={`device-${use}`}
            value={inUse}
            options={[
              { value: '', label: t('phone.defaultDevice') },
              ...devices.map(({ id, label }) => ({ value: id, label })),
            ]}
            onChange={(id: string) => loudspeakers.choose(use, id)}
          />
        )}
        <Button
          icon={<SoundOutlined aria-hidden />}
          aria-label={`${t('phone.tone')} ${name}`}
          onClick={() => playTestTone(loudspeakers.open(use))}
        >
          {t('phone.tone')}
        </Button>
      </div>
    </>
  )
}

/** How loud the microphone is, as often as the screen is drawn; it shows and decides nothing. */
function LevelMeter({ stream }: { readonly stream: MediaStream | null }) {
  const { t } = useTranslation()
  const bar = useRef<HTMLMeterElement>(null)
  useEffect(() => {
    if (stream === null) return
    const audio = new AudioContext()
    const analyser = audio.createAnalyser()
    analyser.fftSize = 512
    audio.createMediaStreamSource(stream).connect(analyser)
    void audio.resume().catch(() => undefined)
    const samples = new Float32Array(analyser.fftSize)
    let frame = requestAnimationFrame(function draw() {
      analyser.getFloatTimeDomainData(samples)
      const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length
      // From -60 dB, which is a quiet room, to 0.
      const share = Math.min(1, Math.max(0, 1 + (10 * Math.log10(power + 1e-9)) / 60))
      if (bar.current !== null) bar.current.value = share
      frame = requestAnimationFrame(draw)
    })
    return () => {
      cancelAnimationFrame(frame)
      void audio.close().catch(() => undefined)
    }
  }, [stream])
  return (
    <meter ref={bar} className="level" aria-label={t('phone.level')} min={0} max={1}>
      –
    </meter>
  )
}

/** A second of 440 Hz, as quiet as a voice. */
function playTestTone(audio: AudioContext): void {
  const tone = audio.createOscillator()
  const volume = audio.createGain()
  const ends = audio.currentTime + 1
  tone.frequency.value = 440
  volume.gain.setValueAtTime(0.15, audio.currentTime)
  volume.gain.setValueAtTime(0.15, ends - 0.05)
  volume.gain.linearRampToValueAtTime(0, ends)
  tone.connect(volume).connect(audio.destination)
  tone.start()
  tone.stop(ends)
  tone.onended = () => void audio.close().catch(() => undefined)
}
