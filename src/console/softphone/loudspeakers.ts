export interface Loudspeaker {
  readonly id: string
  readonly label: string
}

/** What sounds: the other side's voice, and the sound of an answered call. */
export type SoundUse = 'voice' | 'ring'

const remembered = (use: SoundUse) => `suifang.seat.speaker.${use}`
/** The browser's word for what the computer has chosen. */
const computersOwn = ''

/**
 * Where this computer's sounds come out: one device for voices, another for ringing if the agent wants, such as a
 * loudspeaker beside the headset. One that was chosen and is pulled out gives way to the computer's own until it is back.
 */
export class Loudspeakers {
  readonly #listeners = new Set<() => void>()
  #devices: readonly Loudspeaker[] = []
  #voice: HTMLMediaElement | null = null

  constructor() {
    navigator.mediaDevices?.addEventListener('devicechange', () => void this.list())
  }

  /** Whether the browser lets a page choose. */
  readonly canChoose = 'setSinkId' in HTMLMediaElement.prototype

  /** For useSyncExternalStore. */
  readonly watch = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly devices = (): readonly Loudspeaker[] => this.#devices

  /** The device in use; empty for the computer's own. */
  readonly inUse = (use: SoundUse): string => {
    const chosen = localStorage.getItem(remembered(use)) ?? computersOwn
    return this.#devices.some(({ id }) => id === chosen) ? chosen : computersOwn
  }

  choose(use: SoundUse, id: string): void {
    localStorage.setItem(remembered(use), id)
    this.#route()
    this.#tell()
  }

  /** The voice comes out where it is chosen, from now on. */
  carry(voice: HTMLMediaElement): void {
    this.#voice = voice
    this.#route()
  }

  /** For a sound made here; who makes it closes it. */
  open(use: SoundUse): AudioContext {
    const audio = new AudioContext()
    const id = this.inUse(use)
    const sink: unknown = Reflect.get(audio, 'setSinkId')
    if (id !== computersOwn && typeof sink === 'function') {
      Promise.resolve(Reflect.apply(sink, audio, [id])).catch(() => undefined)
    }
    return audio
  }

  /** Names are told only where the microphone may be used: whoever opened it says so. */
  async list(): Promise<void> {
    const all = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? []
    this.#devices = all
      .filter(({ kind, deviceId }) => kind === 'audiooutput' && !aliases.has(deviceId))
      .map(({ deviceId, label }) => ({ id: deviceId, label }))
    this.#route()
    this.#tell()
  }

  #route(): void {
    const id = this.inUse('voice')
    const voice = this.#voice
    if (!this.canChoose || voice === null || voice.sinkId === id) return
    voice.setSinkId(id).catch(() => undefined)
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}

/** Names for devices that are in the list under their own as well. */
const aliases: ReadonlySet<string> = new Set([computersOwn, 'default', 'communications'])
