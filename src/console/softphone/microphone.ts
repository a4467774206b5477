/** Why there is no microphone. */
export type MicrophoneFault =
  /** The person, or a rule of the hospital's browser, said no. */
  | 'refused'
  /** None is plugged in, or not the one asked for. */
  | 'none'
  /** Another program holds it. */
  | 'busy'
  /** The page did not come over https: browsers give nobody a microphone. */
  | 'insecure'

export class MicrophoneError extends Error {
  readonly fault: MicrophoneFault

  constructor(fault: MicrophoneFault) {
    super(fault)
    this.fault = fault
  }
}

export interface MicrophoneDevice {
  readonly id: string
  readonly label: string
}

/** A microphone as the seat's telephone needs it; tests take one of their own. */
export interface MicrophoneSource {
  /** @throws MicrophoneError */
  open(): Promise<MediaStreamTrack>
  close(): void
  /** The device was pulled out, or taken away by the browser. */
  onLost: () => void
  /** Something was plugged in or out, or the permission has changed. */
  onChange: () => void
}

const remembered = 'suifang.seat.microphone'

/** The microphone of this computer that the agent has chosen. */
export class Microphone implements MicrophoneSource {
  onLost: () => void = () => {}
  onChange: () => void = () => {}
  readonly #listeners = new Set<() => void>()
  #stream: MediaStream | null = null
  #devices: readonly MicrophoneDevice[] = []

  constructor() {
    const { mediaDevices } = navigator
    mediaDevices?.addEventListener('devicechange', () => void this.#changed())
    navigator.permissions
      ?.query({ name: 'microphone' })
      .then((permission) => permission.addEventListener('change', () => void this.#changed()))
      .catch(() => undefined)
  }

  /** For useSyncExternalStore. */
  readonly watch = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly devices = (): readonly MicrophoneDevice[] => this.#devices

  readonly stream = (): MediaStream | null => this.#stream

  get chosen(): string | null {
    return localStorage.getItem(remembered)
  }

  /** The next `open` takes this one. */
  choose(deviceId: string): void {
    localStorage.setItem(remembered, deviceId)
  }

  async open(): Promise<MediaStreamTrack> {
    const { mediaDevices } = navigator
    if (mediaDevices === undefined) throw new MicrophoneError('insecure')
    const wanted = this.chosen
    const ask = (deviceId: string | null) =>
      mediaDevices.getUserMedia({
        audio: {
          echoCancellation: true,
          noiseSuppression: true,
          autoGainControl: true,
          ...(deviceId === null ? {} : { deviceId: { exact: deviceId } }),
        },
      })
    const stream = await ask(wanted)
      // The one that was chosen is not there any more: any other is better than none.
      .catch((error: unknown) => (wanted !== null && isMissing(error) ? ask(null) : Promise.reject(error)))
      .catch((error: unknown) => Promise.reject(new MicrophoneError(faultOf(error))))
    const [track] = stream.getAudioTracks()
    if (track === undefined) throw new MicrophoneError('none')
    this.close()
    this.#stream = stream
    track.addEventListener('ended', () => {
      if (this.#stream === stream) this.onLost()
    })
    await this.#list()
    return track
  }

  close(): void {
    for (const track of this.#stream?.getTracks() ?? []) track.stop()
    this.#stream = null
    this.#tell()
  }

  async #changed(): Promise<void> {
    await this.#list()
    this.onChange()
  }

  /** Names are told only where the microphone may be used. */
  async #list(): Promise<void> {
    const all = await navigator.mediaDevices.enumerateDevices().catch(() => [])
    this.#devices = all
      .filter(({ kind, deviceId }) => kind === 'audioinput' && deviceId !== '' && deviceId !== 'communications')
      .map(({ deviceId, label }) => ({ id: deviceId, label }))
    this.#tell()
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}

function nameOf(error: unknown): string {
  return error instanceof DOMException ? error.name : ''
}

function isMissing(error: unknown): boolean {
  return nameOf(error) === 'NotFoundError' || nameOf(error) === 'OverconstrainedError'
}

function faultOf(error: unknown): MicrophoneFault {
  switch (nameOf(error)) {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'refused'
    case 'NotReadableError':
    case 'AbortError':
      return 'busy'
    default:
      return 'none'
  }
}

/** A track without a sound, which is sent while the microphone is away: a leg that sends nothing is ended after 5 s. */
export function silentTrack(): MediaStreamTrack | null {
  const audio = new AudioContext()
  const place = audio.createMediaStreamDestination()
  const source = audio.createConstantSource()
  const volume = audio.createGain()
  volume.gain.value = 0
  source.connect(volume).connect(place)
  source.start()
  void audio.resume().catch(() => undefined)
  const [track] = place.stream.getAudioTracks()
  track?.addEventListener('ended', () => void audio.close().catch(() => undefined))
  return track ?? null
}
